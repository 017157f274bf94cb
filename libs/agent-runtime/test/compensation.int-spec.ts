import { randomUUID } from 'node:crypto';
import { type CancelRunAnswer, type CancelRunCommand, ThreadSignal, ThreadUpdate } from '../src/api';
import { deviationsOf } from './support/deviations';
import type { TestRuntime } from './support/test-runtime';
import { useRuntime } from './support/use-runtime';

const { runtime, worker } = useRuntime();

type Started = Awaited<ReturnType<TestRuntime['start']>>;

// In the normal lane: a local call of the test's worker holds the workflow task, and with it every Update, until it ends.
const start = (input: object, more: object = {}) => runtime.start({ graphId: 'takes-back', input: { work: 'test__hang', undoing: 'everything__echo', ...input }, durability: 'sync', ...more });
const cancel = ({ runId, threadId }: Started, action: CancelRunCommand['action'] = 'compensate') =>
  runtime.threads.cancelRun({ ...runtime.ctx, requestId: randomUUID() }, threadId, { runId, action, reason: 'wrong customer' });
const effectsOf = ({ runId }: Started) => runtime.journal.effects.filter((effect) => effect.runId === runId).map(({ args }) => args['message']);
const calls = (run: Started, ...messages: string[]) => runtime.journal.until(messages.join(), () => messages.every((message) => effectsOf(run).includes(message)));
const eventsOf = ({ runId }: Started) => runtime.journal.run(runId).batches.flatMap(({ events }) => events);
const compensatingOf = (run: Started) => eventsOf(run).filter(({ type }) => type === 'run.compensation-started.v1');
const lettingGo = () => runtime.journal.effects.filter(({ runId }) => runId === 'cancelled').length;
/** One node of the superstep is over, the other one's call is under way: what had not come to its end would not be taken back. */
const midway = (run: Started) =>
  runtime.journal.until('quick is over and held under way', () => effectsOf(run).includes('held') && eventsOf(run).filter(({ type }) => type === 'tool.called.v1').length === 2);
const headOf = ({ threadId }: Started) => runtime.journal.head(threadId)!;

/** Every execution of the run can be replayed. */
async function replays(run: Started): Promise<void> {
  expect(await deviationsOf(await runtime.historiesOf(run))).toEqual([]);
}

/** The worker dies while `first` is being taken back, which takes three seconds. */
async function inTheMiddle(): Promise<Started> {
  const run = await start({ undoing: 'test__slow' });
  await midway(run);
  expect(await cancel(run)).toBe('accepted');
  await calls(run, 'undo 0');
  return run;
}

const ENDED = { status: 'cancelled', reason: 'wrong customer', compensated: true };
const TAKEN_BACK = ['first', 'quick', 'undo 0', 'undo 1'];

describe('a run that is cancelled with compensation', () => {
  it('lets go of the step under way, and then takes back what is done, that of the step included', async () => {
    const run = await start({});
    await midway(run);
    const before = lettingGo();
    expect(await cancel(run)).toBe('accepted');
    await runtime.journal.until('the first undo', () => effectsOf(run).includes('undo 0'));
    expect(lettingGo()).toBe(before + 1);
    expect(await runtime.journal.ended(run.runId)).toMatchObject(ENDED);
    expect(headOf(run)).toMatchObject({ next: [], values: { done: ['first', 'quick'], undone: ['quick', 'first'] } });
    expect(compensatingOf(run)).toEqual([{ type: 'run.compensation-started.v1', data: { reason: 'wrong customer', node: 'undo' } }]);
    const drafts = runtime.journal.history(run.threadId);
    for (const [i, { parentCheckpointId }] of drafts.entries()) expect(parentCheckpointId).toBe(drafts[i - 1]?.checkpointId ?? null);
    await replays(run);
  }, 60_000);

  it('does it once, whoever cancels it again and whoever dies', async () => {
    const run = await inTheMiddle();
    expect([await cancel(run, 'interrupt'), await cancel(run)]).toEqual(['accepted', 'accepted']);
    await worker.kill();
    await worker.start();
    expect(await runtime.journal.ended(run.runId, 60_000)).toMatchObject(ENDED);
    expect(headOf(run).values).toMatchObject({ undone: ['quick', 'first'] });
    expect(compensatingOf(run)).toHaveLength(1);
    await replays(run);
  }, 90_000);

  it.each([
    ['lost', async (run: Started) => {
      await runtime.temporal.workflow.getHandle(run.workflowId).terminate('lost');
      await runtime.threads.deliver({ ...runtime.ctx, requestId: randomUUID() }, run);
    }],
    ['drained', (run: Started) => runtime.temporal.workflow.getHandle(run.workflowId).signal(ThreadSignal.drain)],
  ] as const)('goes on with it in another execution when the first is %s', async (_, leave) => {
    const run = await inTheMiddle();
    await leave(run);
    expect(await runtime.journal.ended(run.runId, 60_000)).toMatchObject(ENDED);
    expect([runtime.journal.run(run.runId).begun.length, compensatingOf(run).length]).toEqual([2, 1]);
    expect(headOf(run)).toMatchObject({ next: [], values: { undone: ['quick', 'first'] } });
    await replays(run);
  }, 90_000);

  it('has steps left for it when it has used up its own', async () => {
    const run = await start({}, { recursionLimit: 2 });
    await midway(run);
    await cancel(run);
    expect(await runtime.journal.ended(run.runId)).toMatchObject(ENDED);
    expect(effectsOf(run).sort()).toEqual(['first', 'held', 'quick', 'undo 0', 'undo 1']);
  }, 60_000);

  it('ends with an error that calls a person when something cannot be taken back', async () => {
    const run = await start({ undoing: 'test__boom' });
    await midway(run);
    await cancel(run);
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'error', error: { code: 'COMPENSATION_FAILED', message: 'TOOL_FAILED: boom' } });
    expect(headOf(run).tasks).toMatchObject([{ name: 'undo', error: expect.anything() }]);
  }, 60_000);

  it('takes back all of it when its graph comes to its end all the same', async () => {
    const [undone, rolledBack] = [await start({ work: 'stubborn' }), await start({ work: 'stubborn' })];
    await Promise.all([calls(undone, 'quick', 'held'), calls(rolledBack, 'quick', 'held')]);
    expect([await cancel(undone), await cancel(rolledBack, 'rollback')]).toEqual(['accepted', 'accepted']);
    expect(await runtime.journal.ended(undone.runId)).toMatchObject(ENDED);
    expect(headOf(undone)).toMatchObject({ next: [], values: { done: ['first', 'held', 'quick', 'after'], undone: ['after', 'quick', 'held', 'first'] } });
    expect(await runtime.journal.ended(rolledBack.runId)).toMatchObject({ status: 'cancelled', rollback: true });
    await replays(undone);
    await replays(rolledBack);
  }, 60_000);

  it('comes too late, and is told so, while the end of the run is on its way into the journal', async () => {
    const run = await start({ work: 'test__slow' });
    await calls(run, 'quick', 'held');
    await runtime.journal.until('quick in the journal', () => eventsOf(run).some(({ type, data }) => type === 'tool.called.v1' && data.tool_call_id === 'quick'));
    runtime.journal.failCommits = 1_000;
    try {
      await runtime.journal.until('the end at a journal that is away', () => runtime.journal.failCommits < 998);
      const command: CancelRunCommand = { runId: run.runId, action: 'compensate', reason: 'too late' };
      // Without the client's deadline: a commit that is repeated holds the workflow task for 8 s.
      const sent = runtime.temporal.workflow.getHandle(run.workflowId).executeUpdate<CancelRunAnswer, [CancelRunCommand]>(ThreadUpdate.cancelRun, { args: [command] });
      expect(await sent).toBe('not-found');
    } finally {
      runtime.journal.failCommits = 0;
    }
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success' });
    expect(compensatingOf(run)).toEqual([]);
    await replays(run);
  }, 60_000);

  it('waits until its sub-agents have ended', async () => {
    const run = await start({ work: 'agent' });
    const before = lettingGo();
    await runtime.journal.until('both calls of the sub-agent', () => runtime.journal.effects.filter(({ runId, activityType }) => runId === run.runId && activityType.startsWith('slow.')).length === 2);
    await cancel(run);
    await calls(run, 'undo 0');
    expect(lettingGo()).toBe(before + 2);
    expect(await runtime.journal.ended(run.runId)).toMatchObject(ENDED);
    await replays(run);
  }, 60_000);

  it('does it where it stands still', async () => {
    const run = await start({ work: 'test__slow' });
    await midway(run);
    await runtime.threads.pauseRun(runtime.ctx, run.threadId, { commandId: randomUUID(), runId: run.runId, by: 'op' }, 10_000);
    expect(eventsOf(run).at(-1)).toMatchObject({ type: 'run.paused.v1' });
    await cancel(run);
    expect(await runtime.journal.ended(run.runId)).toMatchObject(ENDED);
    expect(headOf(run).values).toMatchObject({ done: ['first', 'held', 'quick'], undone: ['quick', 'held', 'first'] });
  }, 60_000);

  it('has nothing to take back before its first call', async () => {
    await worker.stop();
    const run = await start({});
    const answer = cancel(run);
    await worker.start();
    expect(await answer).toBe('accepted');
    const end = await runtime.journal.ended(run.runId);
    expect(end).toMatchObject({ status: 'cancelled', reason: 'wrong customer' });
    expect([end.compensated, effectsOf(run), compensatingOf(run)]).toEqual([undefined, [], []]);
  }, 60_000);

  it('is told so when that cannot be: its graph has no compensation, or another cancel came first', async () => {
    const slow = await runtime.start({ graphId: 'slow', input: { input: 'x' } });
    await runtime.journal.until('it works', () => effectsOf(slow).length === 2);
    expect(await cancel(slow)).toBe('no-compensation');
    expect(await cancel(slow, 'interrupt')).toBe('accepted');
    expect(await runtime.journal.ended(slow.runId)).toMatchObject({ status: 'cancelled' });
  }, 60_000);
});

it('a run can take back what another one did that waits for a person', async () => {
  const asking = await start({ work: 'ask' });
  expect(await runtime.journal.ended(asking.runId)).toMatchObject({ status: 'interrupted' });
  const run = await runtime.start({ graphId: 'takes-back', threadId: asking.threadId, compensate: { reason: 'wrong customer' }, durability: 'sync' });
  expect(await runtime.journal.ended(run.runId)).toMatchObject(ENDED);
  expect(effectsOf(asking).concat(effectsOf(run))).toEqual(TAKEN_BACK);
  expect(headOf(run)).toMatchObject({ next: [], tasks: [], values: { done: ['first', 'quick'], undone: ['quick', 'first'] } });
}, 60_000);
