import { v7 } from 'uuid';
import { RunJournal, RunsRepository, ThreadsRepository, type RunRef, type TenantScope } from '../src/index';
import { aCheckpoint, aCommit, aRun, aTenant, Fixture } from './support';

const db = new Fixture();
const journal = new RunJournal(db.worker);
const reader = new RunJournal(db.gateway);
const runs = new RunsRepository(db.gateway);
const threads = new ThreadsRepository(db.gateway);
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

async function started(): Promise<RunRef> {
  const input = aRun({ runId: v7() });
  await runs.createRun(scope, input);
  const ref = { tenantId: scope.tenantId, threadId: input.threadId, runId: input.runId };
  await journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w1', buildId: 'build' });
  return ref;
}

const frame = (data: string) => ({ ns: [], mode: 'custom' as const, data });
const step = (checkpointId: string | null, ...frames: string[]) =>
  ({ type: 'run.step-completed.v1', data: { step: 1, checkpoint_id: checkpointId, parent_checkpoint_id: null, frames: frames.map(frame) } }) as const;
/** As the recorder names them: superstep, and which one among its equal frames. */
const named = (number: number, ...frames: (readonly [data: string, nth?: number])[]) =>
  ({
    type: 'run.step-completed.v1',
    data: {
      step: number,
      checkpoint_id: null,
      parent_checkpoint_id: null,
      frames: frames.map(([data, nth]) => ({ ...frame(data), step: number, ...(nth === undefined ? {} : { nth }) })),
    },
  }) as const;
const call = (index: number) =>
  ({
    type: 'tool.called.v1',
    data: { call_id: `c${index}`, tool_call_id: 'c', node: 'n', server: 's', tool: 't', effect: 'read', status: 'ok', duration_ms: 1, bytes: 1, arguments_sha256: '' },
  }) as const;

/** Ids of calls, checkpoints and frames in the order in which the journal tells them. */
async function toldOf({ runId }: RunRef): Promise<string[]> {
  const page = await reader.readEvents(scope, { runId, afterSeq: 2 });
  return (page?.events ?? []).flatMap(({ data }) => {
    const { call_id: call, checkpoint_id: checkpoint, frames = [] } = data as { call_id?: string; checkpoint_id?: string | null; frames?: { data: string }[] };
    return [...(call === undefined ? [] : [call]), ...(checkpoint == null ? [] : ['checkpoint']), ...frames.map((one) => one.data)];
  });
}

// A workflow task that was lost after its commits is executed again.
describe('a commit that is made again', () => {
  it('adds what a repeated commit has more than the first time, each item once', async () => {
    const ref = await started();
    // the workflow task that was lost: one result, and then the other
    await journal.commitProgress(scope, aCommit(ref, 1, { events: [call(0), step(null, 'a')] }));
    await journal.commitProgress(scope, aCommit(ref, 2, { events: [call(1)] }));
    // executed again: both results in one activation, and the step is finished
    const checkpoint = aCheckpoint(1);
    const whole = aCommit(ref, 1, { events: [call(0), call(1), step(checkpoint.checkpointId, 'a', 'b')], checkpoints: [checkpoint] });
    expect(await journal.commitProgress(scope, whole)).toEqual({ kind: 'committed', notice: { runId: ref.runId, seq: 6, status: 'running' } });
    expect(await journal.commitProgress(scope, whole)).toEqual({ kind: 'duplicate', notice: null });
    const end = { status: 'success', steps: 1 } as const;
    expect((await journal.commitProgress(scope, aCommit(ref, 2, { events: [], end }))).kind).toBe('committed');
    expect((await journal.commitProgress(scope, aCommit(ref, 2, { events: [], end }))).kind).toBe('duplicate');
    expect((await journal.commitProgress(scope, aCommit(ref, 2, { events: [] }))).kind).toBe('terminal');
    const page = await reader.readEvents(scope, { runId: ref.runId, afterSeq: 2 });
    expect(page?.events.map((event) => [event.seq, event.type])).toEqual([
      [3, 'tool.called.v1'],
      [4, 'run.step-completed.v1'],
      [5, 'tool.called.v1'],
      [6, 'run.step-completed.v1'],
      [7, 'run.completed.v1'],
    ]);
    expect(page?.events[3]?.data).toMatchObject({ checkpoint_id: checkpoint.checkpointId, frames: [{ data: 'b' }] });
    expect(await threads.get(scope, ref.threadId)).toMatchObject({ status: 'idle', latest_checkpoint_id: checkpoint.checkpointId });
  });

  it('tells once what stood in an earlier commit the first time', async () => {
    const ref = await started();
    for (const [i, events] of [[call(0)], [call(1), step(null, 'of 1')], [call(2), step(null, 'of 2')]].entries()) {
      await journal.commitProgress(scope, aCommit(ref, i + 1, { events }));
    }
    // the results of parallel calls come in another order
    for (const [i, events] of [[call(0)], [call(2), step(null, 'of 2')], [call(1), step(null, 'of 1')]].entries()) {
      expect(await journal.commitProgress(scope, aCommit(ref, i + 1, { events }))).toEqual({ kind: 'duplicate', notice: null });
    }
    expect(await toldOf(ref)).toEqual(['c0', 'c1', 'of 1', 'c2', 'of 2']);
  });

  it('tells once what was one commit the first time and comes as two', async () => {
    const ref = await started();
    const checkpoint = aCheckpoint(1);
    const done = step(checkpoint.checkpointId, 'b');
    await journal.commitProgress(scope, aCommit(ref, 1, { events: [call(0), call(1), done], checkpoints: [checkpoint] }));
    expect(await journal.commitProgress(scope, aCommit(ref, 1, { events: [call(0)] }))).toEqual({ kind: 'duplicate', notice: null });
    expect(await journal.commitProgress(scope, aCommit(ref, 2, { events: [call(1)] }))).toEqual({ kind: 'duplicate', notice: null });
    expect(await journal.commitProgress(scope, aCommit(ref, 3, { events: [done], checkpoints: [checkpoint] }))).toEqual({ kind: 'duplicate', notice: null });
    expect((await journal.commitProgress(scope, aCommit(ref, 4, { events: [call(2)], end: { status: 'success', steps: 1 } }))).kind).toBe('committed');
    expect(await toldOf(ref)).toEqual(['c0', 'c1', 'checkpoint', 'b', 'c2']);
  });

  it('tells equal frames once each, of parallel calls and of the superstep before', async () => {
    const ref = await started();
    const lost = [[named(1, ['tick'])], [call(0), named(2, ['tick'])], [call(1), named(2, ['of 1'])]];
    for (const [i, events] of lost.entries()) await journal.commitProgress(scope, aCommit(ref, i + 1, { events }));
    // the results of the parallel calls come in another order, and what follows them comes along
    const again = [[named(1, ['tick'])], [call(1), named(2, ['of 1'])], [call(0), named(2, ['tick'], ['tick', 1], ['of 1', 1])]];
    for (const [i, events] of again.entries()) await journal.commitProgress(scope, aCommit(ref, i + 1, { events }));
    expect(await toldOf(ref)).toEqual(['tick', 'c0', 'tick', 'c1', 'of 1', 'tick', 'of 1']);
    const page = await reader.readEvents(scope, { runId: ref.runId, afterSeq: 2 });
    expect(page?.events.at(-1)?.data).toMatchObject({ frames: [{ data: 'tick', step: 2, nth: 1 }, { data: 'of 1', step: 2, nth: 1 }] });
  });
});
