import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { testBundle } from '../../test/support/test-bundle';
import { readHistories } from './history-files';
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
    expect(results.length).toBeGreaterThan(40);
  }, 180_000);

  it('sees a node that was renamed', async () => {
    const linear = (await readHistories(folder)).find((history) => history.name.endsWith('-linear'))!;
    for (const event of linear.history.events ?? []) {
      const type = event.activityTaskScheduledEventAttributes?.activityType;
      if (type?.name === 'linear.b.tool') type.name = 'linear.other.tool';
    }
    const [result] = await replayHistories(bundlePath, [linear]);
    expect(String(result?.error)).toMatch(/linear\.other\.tool/);
  }, 120_000);

  it('runs on a bundle that holds what it needs and nothing else', () => {
    const code = readFileSync(bundlePath, 'utf8').replace(/\/\/# sourceMappingURL=.*/, '');
    expect(code).toContain('"agentThread.v1"');
    for (const stranger of ['node_modules/langsmith', 'node_modules/@langchain/openai', 'libs/contracts/src/events', 'node_modules/@nestjs']) {
      expect(code.includes(stranger) && stranger).toBe(false);
    }
  });
});
