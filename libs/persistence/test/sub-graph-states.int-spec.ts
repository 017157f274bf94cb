import { CheckpointsRepository, RunJournal, RunsRepository, SubGraphStatesRepository, type TenantScope, type ToldStatesQuery } from '../src/index';
import { aCheckpoint, aRun, aTenant, Fixture } from './support';

const db = new Fixture();
const runs = new RunsRepository(db.gateway);
const checkpoints = new CheckpointsRepository(db.gateway);
const states = new SubGraphStatesRepository(db.gateway);
const journal = new RunJournal(db.worker);
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

const NS = ['outer:k1'];
const INNER = ['outer:k1', 'inner:k2'];

/** What LangGraph emits of a sub-graph's step. */
function frame(ns: readonly string[], step: number, told: string) {
  const checkpoint = { values: { told }, next: ['x'], tasks: [{ id: 'k', name: 'x', interrupts: [] }], metadata: { step, source: step < 0 ? 'input' : 'loop' } };
  return { ns: [...ns], mode: 'checkpoints' as const, data: { checkpoint } };
}

/** A run of a thread, which commits what it is told. */
async function aRunOf(threadId: string) {
  const run = aRun({ threadId });
  await runs.createRun(scope, run);
  const ref = { ...scope, threadId, runId: run.runId };
  await journal.beginRun(scope, { ...ref, workflowId: 'w', workflowRunId: run.runId, buildId: 'b' });
  let commit = 0;
  return async (frames: ReturnType<typeof frame>[], made: ReturnType<typeof aCheckpoint>[] = [], isEnd = false): Promise<void> => {
    commit += 1;
    const step = { type: 'run.step-completed.v1' as const, data: { step: commit, checkpoint_id: null, parent_checkpoint_id: null, frames } };
    await journal.commitProgress(scope, { ...ref, commit, events: [step], checkpoints: made, ...(isEnd ? { end: { status: 'success', steps: 1 } } : {}) });
  };
}

/** A checkpoint whose task is the sub-graph `outer`. */
const holding = (step: number) => aCheckpoint(step, { next: ['outer'], tasks: [{ id: 'k1', name: 'outer', interrupts: [] }] });

async function told(query: Pick<ToldStatesQuery, 'threadId' | 'checkpointId'> & Partial<ToldStatesQuery>): Promise<unknown[]> {
  const found = await states.told(scope, { taskId: 'k1', namespaces: [NS], ...query });
  return found.map(({ namespace, state }) => [namespace.join('|'), state.metadata.step, (state.values as { told: string }).told]);
}

describe('states of sub-graphs in the journal', () => {
  it('are those of the runs that executed it, one after the other, each step once', async () => {
    const { threadId } = aRun();
    const [root, steered] = [holding(0), holding(0)];
    const { checkpointId } = steered;
    const first = await aRunOf(threadId);
    await first([frame(['outer:k0'], -1, 'of another task'), frame(NS, -1, 'first')], [aCheckpoint(-1), root]);
    await first([frame(NS, 0, 'first'), frame(INNER, -1, 'below'), frame(NS, 1, 'first')], [], true);
    const second = await aRunOf(threadId);
    await second([], [steered]);
    await second([frame(NS, 1, 'again'), { ns: [...NS], mode: 'values' as const, data: { values: 1 } } as never, frame(NS, 2, 'second')]);
    await second([frame(NS, 3, 'second')], [aCheckpoint(1)], true);
    const all = [3, 2, 1, 0, -1].map((step) => ['outer:k1', step, step > 1 ? 'second' : step === 1 ? 'again' : 'first']);
    expect(await told({ threadId, checkpointId })).toEqual(all);
    expect(await told({ threadId, checkpointId: root.checkpointId })).toEqual(all);
    expect(await told({ threadId, checkpointId, limit: 2 })).toEqual(all.slice(0, 2));
    expect(await told({ threadId, checkpointId, beforeStep: 2, limit: 2 })).toEqual(all.slice(2, 4));
    expect(await told({ threadId, checkpointId, step: 1 })).toEqual([all[2]]);
    expect(await told({ threadId, checkpointId, metadata: { source: 'input' } })).toEqual([all[4]]);
    expect(await told({ threadId, checkpointId, namespaces: [INNER, NS, ['outer:k9']], newestOnly: true })).toEqual([all[0], ['outer:k1|inner:k2', -1, 'below']]);
    expect(await told({ threadId, checkpointId, namespaces: [] })).toEqual([]);
    expect(await checkpoints.get(scope, { threadId, taskId: 'k1' })).toMatchObject({ checkpoint_id: checkpointId });
    expect(await checkpoints.get(scope, { threadId, taskId: 'k9' })).toBeNull();
    const { scope: other } = await aTenant();
    expect(await states.told(other, { threadId, checkpointId, taskId: 'k1', namespaces: [NS] })).toEqual([]);
  });

  it('are those of the newest execution when the checkpoint was gone back to', async () => {
    const { threadId } = aRun();
    const root = holding(0);
    const first = await aRunOf(threadId);
    await first([frame(NS, -1, 'first'), frame(NS, 0, 'first'), frame(NS, 1, 'first')], [root]);
    await first([], [aCheckpoint(1)], true);
    const second = await aRunOf(threadId);
    await second([frame(NS, -1, 'second'), frame(NS, 0, 'second')]);
    const { checkpointId } = root;
    const names = (rows: unknown[]) => rows.map((row) => (row as unknown[])[2]);
    // Until it stops there the thread stands at what came after.
    expect(names(await told({ threadId, checkpointId }))).toEqual(['first', 'first', 'first']);
    await second([], [root], true);
    expect(names(await told({ threadId, checkpointId }))).toEqual(['second', 'second']);
    expect(await told({ threadId, checkpointId, newestOnly: true })).toEqual([['outer:k1', 0, 'second']]);
  });

  it('are read out of so many supersteps only, across runs, where the newest are wanted', async () => {
    const { threadId } = aRun();
    const root = holding(0);
    const first = await aRunOf(threadId);
    await first([frame(INNER, -1, 'long ago')], [root]);
    await first([frame(NS, -1, 'first')], [], true);
    const second = await aRunOf(threadId);
    await second([frame(NS, 0, 'second')]);
    const newest = { threadId, checkpointId: root.checkpointId, taskId: 'k1', namespaces: [NS, INNER], newestOnly: true };
    const statesOf = (supersteps?: number) => new SubGraphStatesRepository(db.gateway, supersteps).told(scope, newest);
    const toldOf = async (supersteps?: number) => (await statesOf(supersteps)).map(({ state }) => state.values);
    expect(await toldOf()).toEqual([{ told: 'second' }, { told: 'long ago' }]);
    expect(await toldOf(3)).toEqual([{ told: 'second' }, { told: 'long ago' }]);
    expect(await toldOf(2)).toEqual([{ told: 'second' }]);
    const paged = await new SubGraphStatesRepository(db.gateway, 1).told(scope, { ...newest, newestOnly: false });
    expect(paged.map(({ state }) => state.metadata.step)).toEqual([0, -1, -1]);
  });

  it('keeps with a checkpoint where a sub-graph stands', async () => {
    const { threadId } = aRun();
    const subgraph = { values: { a: 1 }, next: ['x'], tasks: [{ id: 'k', name: 'x', interrupts: [] }], metadata: { step: 1 }, createdAt: '2026-01-02T03:04:05.678Z' };
    const run = await aRunOf(threadId);
    const task = { id: 'k1', name: 'outer', interrupts: [], state: { configurable: { checkpoint_ns: 'outer:k1' } }, subgraph };
    await run([], [aCheckpoint(0, { tasks: [task] })], true);
    const row = await checkpoints.get(scope, { threadId });
    expect(row?.tasks).toEqual([{ ...task, subgraph: { ...subgraph, createdAt: new Date(subgraph.createdAt) } }]);
  });
});
