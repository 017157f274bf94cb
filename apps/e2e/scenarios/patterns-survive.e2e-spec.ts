import { setTimeout as sleep } from 'node:timers/promises';
import { readJournal } from '../src/database';
import { asking } from '../src/pattern-runs';
import { killHard, untilAllReady, untilBack } from '../src/supervised';
import { aTenant, type TestTenant } from '../src/tenant';
import { SAMPLE_QUESTION } from '../src/workspace';

/** Makes every run last for seconds, so that each worker dies in the middle of them. */
const SLOW = 'slow:400';
/** Work between the kills: Temporal hands a workflow to the next worker some seconds after its own died. */
const PAUSES_MS = [1_000, 7_000];

const ECHO = (message: unknown): object => ({ tool: 'everything__echo', args: { message } });
const STEPS = Array.from({ length: 20 }, (_, i) => ({
  name: `s${i}`,
  ...ECHO(i === 0 ? 'first' : { $result: `s${i - 1}` }),
  ...(i % 3 === 0 ? { compensate: ECHO({ $result: `s${i}` }) } : {}),
}));
const FAILING = [...STEPS, { name: 'last', tool: 'everything__get-sum', args: { a: 'no number' } }];

/** Each pattern with a request that keeps it busy. */
const RUNS: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>?])[] = [
  ['react', asking(`What is the sum of 1, 2, 3, 4, 5, 6, 7, 8, 9 and 10? ${SLOW}`)],
  ['plan-execute-review', asking(`What is the sum of 1, 2, 3, 4, 5 and 6? ${SLOW}`)],
  ['generate-approve-execute', asking(`echo well ${SLOW}`)],
  ['map-reduce', asking(`${Array.from({ length: 12 }, (_, i) => `What is ${i} plus ${i}`).join('; ')}; ${SAMPLE_QUESTION} ${SLOW}`), { max_workers: 13 }],
  ['debate', asking(`What is the sum of 1, 2, 3 and 4? ${SLOW}`), { rounds: 3 }],
  ['supervisor', asking(`echo a; ${SAMPLE_QUESTION}; What is 2 plus 3? ${SLOW}`)],
  ['coordinator', asking(`echo a; ${SAMPLE_QUESTION}; What is the sum of 1, 2, 3, 4, 5 and 6? ${SLOW}`)],
  ['swarm', asking(`What is the sum of 1, 2, 3, 4 and 5? ${SLOW}`)],
  ['sub-graphs', asking(`What is the sum of 1, 2, 3 and 4? ${SLOW}`)],
  ['branch-and-loop', asking(`What is the sum of 1, 2, 3 and 4? revise:once ${SLOW}`)],
  ['saga', { steps: FAILING }],
  ['structured-output', asking(`What is the sum of 1, 2, 3 and 4? misfit:once ${SLOW}`)],
];

const OF_ONE_RUN = ['id', 'usage_metadata', 'tool_call_id', 'response_metadata'];

/** What a run left, without what differs from run to run: ids, and what was measured. */
function resultOf(values: unknown): unknown {
  return JSON.parse(JSON.stringify(values, (key, value: unknown) => (OF_ONE_RUN.includes(key) ? undefined : value)));
}

describe('every pattern', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    await untilAllReady();
    tenant = await aTenant('patterns-survive');
  });
  afterAll(() => untilAllReady());

  async function start(): Promise<{ graphId: string; threadId: string; runId: string }[]> {
    return Promise.all(
      RUNS.map(async ([graphId, input, configurable]) => {
        const { thread_id: threadId } = await tenant.client.threads.create();
        const run = await tenant.client.runs.create(threadId, graphId, { input, ...(configurable === undefined ? {} : { config: { configurable } }) });
        return { graphId, threadId, runId: run.run_id };
      }),
    );
  }

  async function results(runs: Awaited<ReturnType<typeof start>>): Promise<Map<string, unknown>> {
    const found = await Promise.all(
      runs.map(async ({ graphId, threadId, runId }): Promise<[string, unknown]> => {
        await tenant.client.runs.join(threadId, runId);
        const { status } = await tenant.client.runs.get(threadId, runId);
        const { values, next } = await tenant.client.threads.getState(threadId);
        return [graphId, { status, next, values: resultOf(values) }];
      }),
    );
    return new Map(found);
  }

  async function supersteps(runs: Awaited<ReturnType<typeof start>>): Promise<number> {
    const journal = await readJournal(tenant.tenantId);
    return journal.filter((row) => row.type === 'run.step-completed.v1' && runs.some(({ runId }) => runId === row.run_id)).length;
  }

  it('comes to the same result when the worker is killed again and again', async () => {
    const undisturbed = await results(await start());
    const runs = await start();
    let before = 0;
    for (const pause of PAUSES_MS) {
      await sleep(pause);
      const open = await Promise.all(runs.map(({ threadId, runId }) => tenant.client.runs.get(threadId, runId)));
      const underWay = open.filter(({ status }) => status === 'running' || status === 'pending').length;
      before = await supersteps(runs);
      process.stdout.write(`  kill -9 worker with ${underWay} of ${RUNS.length} patterns under way, after ${before} supersteps\n`);
      expect(underWay).toBeGreaterThan(0);
      await untilBack('worker', killHard('worker'));
    }
    const disturbed = await results(runs);
    const done = await supersteps(runs);
    process.stdout.write(`  all are done after ${done} supersteps\n`);
    expect(done).toBeGreaterThan(before);
    for (const [graphId] of RUNS) expect({ graphId, result: disturbed.get(graphId) }).toEqual({ graphId, result: undisturbed.get(graphId) });
    for (const [graphId] of RUNS) {
      const status = ['generate-approve-execute', 'sub-graphs'].includes(graphId) ? 'interrupted' : 'success';
      expect({ graphId, result: disturbed.get(graphId) }).toMatchObject({ graphId, result: { status } });
    }
    for (const { runId } of runs) {
      const journal = await readJournal(tenant.tenantId, runId);
      expect(journal.map((row) => row.seq)).toEqual(journal.map((_, index) => index + 1));
      const calls = journal.filter((row) => row.type === 'tool.called.v1').map((row) => (row.data as { call_id: string }).call_id);
      expect(new Set(calls).size).toBe(calls.length);
    }
  }, 240_000);
});
