import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { testBundle } from '../../test/support/test-bundle';
import { AGENT_TASK_WORKFLOW_TYPE, CRON_WORKFLOW_TYPE, THREAD_WORKFLOW_TYPE } from '../api';
import { folderOf, readBuild, readBuilds, readHistories } from './corpus';
import { replayHistories } from './replay';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = at('../../histories');
let bundlePath: string;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  bundlePath = await testBundle();
}, 180_000);

describe('replay', () => {
  it('follows every recorded history, in both orders', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--require', at('../worker/tune.cjs'), at('../../test/support/replay-process.ts'), bundlePath, folder],
      { env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 16 * 1024 * 1024 },
    );
    const results = JSON.parse(stdout) as { name: string; error?: string }[];
    expect(results.filter((result) => result.error !== undefined)).toEqual([]);
    const recorded = await readHistories(folder);
    expect(new Set(results.map(({ name }) => name))).toEqual(new Set(recorded.map(({ name }) => name)));
    expect(recorded.length).toBeGreaterThan(60);
  }, 180_000);

  it.each([
    ['normal', '/normal-lane', 'three-calls'],
    ['local', '/linear', 'linear'],
  ])('sees a node of the %s lane that was renamed', async (_lane, name, graphId) => {
    const recorded = (await readHistories(folder)).find((history) => history.name.endsWith(name))!;
    let renamed = 0;
    const rename = (type: string): string => {
      if (!type.startsWith(`${graphId}.`) || renamed > 0) return type;
      renamed += 1;
      return `${graphId}.other.tool`;
    };
    for (const event of recorded.history.events ?? []) {
      const type = event.activityTaskScheduledEventAttributes?.activityType;
      if (type?.name != null) type.name = rename(type.name);
      // Where the SDK's core notes what a local activity was.
      for (const payload of event.markerRecordedEventAttributes?.details?.['data']?.payloads ?? []) {
        const note = JSON.parse(Buffer.from(payload.data ?? []).toString('utf8')) as { activity_type: string };
        payload.data = Buffer.from(JSON.stringify({ ...note, activity_type: rename(note.activity_type) }));
      }
    }
    expect(renamed).toBe(1);
    const [result] = await replayHistories(bundlePath, [recorded]);
    expect(String(result?.error)).toContain(`${graphId}.other.tool`);
  }, 120_000);

  it('has histories that were recorded by the build whose folder they are in, and no others', async () => {
    const builds = await readBuilds(folder);
    expect(readdirSync(folder).sort()).toEqual(builds.map(folderOf).sort());
    for (const build of builds) {
      const recorded = await readBuild(folder, build);
      expect(recorded.length).toBeGreaterThan(0);
      const stamps = recorded.flatMap(({ history }) => (history.events ?? []).flatMap((event) => event.workflowTaskCompletedEventAttributes?.workerVersion?.buildId ?? []));
      expect([...new Set(stamps)]).toEqual([expect.stringMatching(new RegExp(`\\+${build.buildId}$`))]);
    }
  });

  it('has every kind of workflow of the newest recorded build', async () => {
    const recorded = await readBuild(folder, (await readBuilds(folder)).at(-1)!);
    const types = recorded.map(({ history }) => history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name);
    expect(new Set(types)).toEqual(new Set([THREAD_WORKFLOW_TYPE, AGENT_TASK_WORKFLOW_TYPE, CRON_WORKFLOW_TYPE]));
  });

  it('runs on a bundle that holds what it needs and nothing else', () => {
    const code = readFileSync(bundlePath, 'utf8').replace(/\/\/# sourceMappingURL=.*/, '');
    expect(code).toContain('"agentThread.v1"');
    for (const stranger of ['node_modules/langsmith', 'node_modules/@langchain/openai', 'libs/contracts/src/events', 'node_modules/@nestjs']) {
      expect(code.includes(stranger) && stranger).toBe(false);
    }
  });
});
