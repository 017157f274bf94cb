import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CHILD_ENVIRONMENT, stack } from '../src/config';
import { readJournal } from '../src/database';
import { asking } from '../src/pattern-runs';
import { SecondWorker } from '../src/second-worker';
import { untilAllReady } from '../src/supervised';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';
import { listExecutions } from '../src/workflows';

/** About ten answers of the model, so that a run lasts for some seconds. */
const SLOW_SUM = asking('What is the sum of 1, 2, 3, 4, 5, 6, 7 and 8? slow:700');
/** Beyond the 30 s that a run may take before it is asked to leave an old build. */
const LONG_SUM = asking('What is the sum of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 12? slow:4000');
const QUICK_SUM = asking('What is the sum of 1 and 2?');
/** Until a build that died is known to be dead, and its runs have been moved. */
const MOVED_WITHIN_MS = 45_000;

/** `npm run deployments -- …` */
function deployments(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['tools/stack/bin/deployments.mjs', ...args], { cwd: stack.checkout, env: CHILD_ENVIRONMENT }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

const started = z.object({ build_id: z.string() });

describe('another build of the workers', () => {
  let tenant: TestTenant;
  let second: SecondWorker | undefined;
  beforeAll(async () => {
    await untilAllReady();
    tenant = await aTenant('deploys');
  });
  afterAll(async () => {
    await second?.kill();
    await untilAllReady();
  });

  async function start(input: Record<string, unknown>): Promise<{ threadId: string; runId: string }> {
    const { thread_id: threadId } = await tenant.client.threads.create();
    const { run_id: runId } = await tenant.client.runs.create(threadId, 'react', { input });
    return { threadId, runId };
  }

  /** The builds that a run began on, in order. */
  async function buildsOf(runId: string): Promise<string[]> {
    const events = await readJournal(tenant.tenantId, runId);
    return events.filter(({ type }) => type === 'run.started.v1').map(({ data }) => started.parse(data).build_id);
  }

  /** Until runs go to another build than this one. */
  async function untilLeft(build: string): Promise<string> {
    return waitUntil(`new runs go to another build than ${build}`, async () => {
      const run = await start(QUICK_SUM);
      await endOf(run);
      const now = (await buildsOf(run.runId)).at(-1);
      return now !== build && now;
    }, { timeoutMs: 60_000, everyMs: 500 });
  }

  /** Calls of tools by run and id, as the journal tells of them. */
  async function toolCalls(): Promise<string[]> {
    const events = await readJournal(tenant.tenantId);
    return events.filter(({ type }) => type === 'tool.called.v1').map(({ run_id, data }) => `${run_id} ${(data as { call_id: string }).call_id}`);
  }

  async function endOf({ threadId, runId }: { threadId: string; runId: string }, timeoutMs = MOVED_WITHIN_MS): Promise<string> {
    return waitUntil(`run ${runId} ends`, async () => {
      const { status } = await tenant.client.runs.get(threadId, runId);
      return status !== 'pending' && status !== 'running' && status;
    }, { timeoutMs });
  }

  const began = (runId: string): Promise<string> => waitUntil(`run ${runId} begins`, async () => (await buildsOf(runId))[0]);

  it('takes new runs, lets open ones end where they are, and gives its own back when it dies', async () => {
    const old = await start(SLOW_SUM);
    const oldBuild = await began(old.runId);
    second = await SecondWorker.start({ WORKER_LEASE_MS: '3000' });
    const newBuild = await untilLeft(oldBuild);
    expect(await endOf(old)).toBe('success');
    expect(await buildsOf(old.runId)).toEqual([oldBuild]);

    const open = await Promise.all([start(SLOW_SUM), start(SLOW_SUM), start(SLOW_SUM)]);
    for (const { runId } of open) expect(await began(runId)).toBe(newBuild);
    await sleep(2_000);
    await second.kill();
    // Nobody knows yet that its build is gone.
    const late = await start(QUICK_SUM);

    for (const run of [...open, late]) expect(await endOf(run)).toBe('success');
    for (const { runId } of open) expect(await buildsOf(runId)).toEqual([newBuild, oldBuild]);
    expect((await buildsOf(late.runId)).at(-1)).toBe(oldBuild);
    // What had finished was not done again.
    const calls = await toolCalls();
    expect(new Set(calls).size).toBe(calls.length);
  }, 150_000);

  it('gives back a run whose sub-agents are under way when it dies', async () => {
    const first = await start(QUICK_SUM);
    const oldBuild = await began(first.runId);
    second = await SecondWorker.start({ WORKER_LEASE_MS: '3000' });
    const newBuild = await untilLeft(oldBuild);
    const { thread_id: threadId } = await tenant.client.threads.create();
    const { run_id: runId } = await tenant.client.runs.create(threadId, 'coordinator', { input: asking('What is the sum of 1, 2, 3, 4 and 5?; echo hi slow:1500') });
    expect(await began(runId)).toBe(newBuild);
    const open = async (): Promise<string[]> => {
      const all = await listExecutions(tenant.tenantId);
      return all.filter(({ workflowId, status }) => workflowId.includes(`${threadId}/run/`) && status === 'RUNNING').map((task) => task.runId);
    };
    const orphans = await waitUntil('both specialists work', async () => {
      const tasks = await open();
      return tasks.length === 2 && tasks;
    });
    await second.kill();
    expect(await endOf({ threadId, runId }, 90_000)).toBe('success');
    expect(await buildsOf(runId)).toEqual([newBuild, oldBuild]);
    const { values } = await tenant.client.threads.getState(threadId);
    expect((values as { findings: { outcome: string }[] }).findings.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
    await waitUntil('nothing of it is left on the dead build', async () => !(await open()).some((task) => orphans.includes(task)));
  }, 180_000);

  it('gets the long runs of the build before, at a superstep, with everything that they have done', async () => {
    const long = await start(LONG_SUM);
    const oldBuild = await began(long.runId);
    second = await SecondWorker.start({ WORKER_LEASE_MS: '3000' });
    const newBuild = await untilLeft(oldBuild);
    expect(await waitUntil('the long run is on the new build', async () => (await buildsOf(long.runId))[1], { timeoutMs: 60_000 })).toBe(newBuild);
    const before = await toolCalls();
    expect(before.some((call) => call.startsWith(long.runId))).toBe(true);
    expect(await endOf(long, 90_000)).toBe('success');
    const calls = await toolCalls();
    expect(new Set(calls).size).toBe(calls.length);
    await second.kill();
    expect(await untilLeft(newBuild)).toBe(oldBuild);
  }, 240_000);

  it('is rehearsed with what runs lately did, and shown with its runs', async () => {
    const run = await start(QUICK_SUM);
    expect(await endOf(run)).toBe('success');
    const [build] = await buildsOf(run.runId);
    const shown = await deployments();
    expect(shown.output).toMatch(new RegExp(`^${build!.slice(0, 12)} +current +100 % +1 `, 'm'));
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-candidate-'));
    try {
      const bundle = join(stack.checkout, 'apps/worker/dist/workflows.cjs');
      expect(await deployments('rehearse', bundle, '--runs', '5')).toMatchObject({ code: 0 });
      const code = await readFile(bundle, 'utf8');
      const renamed = code.replaceAll('return `${graphId}.${node}.${kind}`', 'return `${graphId}.${node}-renamed.${kind}`');
      expect(renamed).not.toBe(code);
      const candidate = join(folder, 'workflows.cjs');
      await writeFile(candidate, renamed);
      const refused = await deployments('rehearse', candidate, '--runs', '5');
      expect(refused.code).toBe(1);
      expect(refused.output).toContain("does not match activity type of local activity command 'react.think-renamed.model'");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
