import { jest } from '@jest/globals';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import type { BeginRunReply, ProgressBatch, RunEnd } from '../api';

const activities = {
  beginRun: jest.fn<() => Promise<BeginRunReply>>(),
  beginRunInTurn: jest.fn<() => Promise<BeginRunReply>>(),
  runtimeActivities: { commitProgress: jest.fn<(batch: ProgressBatch) => Promise<void>>() },
};
const prepareTurn = jest.fn<() => Promise<unknown>>();
jest.unstable_mockModule('./activities', () => activities);
jest.unstable_mockModule('./prepare-turn', () => ({ prepareTurn }));
const { Turn } = await import('./turn');
const { registerGraphs } = await import('../graph');

const State = Annotation.Root({ x: Annotation<number>() });
const schemas = { input: {}, output: {}, state: {}, config: {} };
const build = () => new StateGraph(State).addNode('undo', () => ({ x: 1 })).addEdge(START, 'undo').addEdge('undo', END).compile();
const definition = (graphId: string, compensate?: string) => ({ graphId, version: '1.0.0', description: 'd', schemas, build, ...(compensate === undefined ? {} : { compensate }) });

const go = { kind: 'go', lastCommit: 4 } as BeginRunReply;
const cancel = { runId: 'r', action: 'rollback', reason: 'enough' } as const;
const aTurn = (): InstanceType<typeof Turn> => new Turn({ tenantId: 't', threadId: 'th' }, { runId: 'r', graphId: 'g' });

/** A graph that ended so, or was drained for continue-as-new, and whose last commit takes as long as we like. */
function driven(end?: RunEnd): { committed: () => void } {
  let committed = (): void => undefined;
  const pumping = new Promise<void>((resolve) => (committed = resolve));
  prepareTurn.mockResolvedValue({
    cancel: () => undefined,
    lose: () => undefined,
    pump: { run: () => pumping, close: () => undefined, commits: 9 },
    finish: async () => end,
    leaveTo: () => undefined,
  });
  return { committed: () => committed() };
}

describe('Turn', () => {
  beforeEach(() => {
    jest.resetAllMocks();
    activities.beginRunInTurn.mockResolvedValue(go);
    activities.runtimeActivities.commitProgress.mockResolvedValue(undefined);
  });

  it('carries a drained run on', async () => {
    driven().committed();
    expect(await aTurn().drive()).toEqual({ kind: 'carried', delivery: { runId: 'r', graphId: 'g' } });
    expect(activities.runtimeActivities.commitProgress).not.toHaveBeenCalled();
  });

  it('does not lose a cancel that comes while a drained run is committed', async () => {
    const { committed } = driven();
    const turn = aTurn();
    const driving = turn.drive();
    await new Promise((resolve) => setTimeout(resolve, 5));
    turn.cancel(cancel);
    committed();
    expect(await driving).toEqual({ kind: 'over' });
    expect(activities.runtimeActivities.commitProgress).toHaveBeenCalledWith(
      expect.objectContaining({ commit: 10, end: { status: 'cancelled', steps: 0, reason: 'enough', rollback: true } }),
    );
  });

  it('takes a cancel with compensation that comes then along to the next execution', async () => {
    registerGraphs([definition('undoable', 'undo')]);
    const { committed } = driven();
    const turn = new Turn({ tenantId: 't', threadId: 'th' }, { runId: 'r', graphId: 'undoable' });
    const driving = turn.drive();
    const compensate = { ...cancel, action: 'compensate' } as const;
    expect(turn.cancel(compensate)).toBe('accepted');
    expect(turn.cancel(cancel)).toBe('accepted');
    committed();
    expect(await driving).toEqual({ kind: 'carried', delivery: { runId: 'r', graphId: 'undoable', cancel: compensate } });
    expect(activities.runtimeActivities.commitProgress).not.toHaveBeenCalled();
  });

  it('says that it comes too late to undo a run whose end is being committed, and may still be told to end', async () => {
    registerGraphs([definition('undoable-late', 'undo')]);
    const { committed } = driven({ status: 'success', steps: 3 });
    const turn = new Turn({ tenantId: 't', threadId: 'th' }, { runId: 'r', graphId: 'undoable-late' });
    const driving = turn.drive();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([turn.cancel({ ...cancel, action: 'compensate' }), turn.cancel(cancel)]).toEqual(['not-found', 'not-found']);
    expect(turn.cancel({ ...cancel, action: 'interrupt' })).toBe('accepted');
    expect([turn.cancel(cancel), turn.cancel({ ...cancel, action: 'compensate' })]).toEqual(['not-found', 'ends-without']);
    committed();
    expect(await driving).toEqual({ kind: 'over' });
  });

  it('says so too while it ends a run that it cannot drive', async () => {
    registerGraphs([definition('undoable-lost', 'undo')]);
    activities.beginRunInTurn.mockRejectedValue(new Error('kwargs of another form'));
    let committed = (): void => undefined;
    activities.runtimeActivities.commitProgress.mockReturnValue(new Promise((resolve) => (committed = resolve)));
    const turn = new Turn({ tenantId: 't', threadId: 'th' }, { runId: 'r', graphId: 'undoable-lost' });
    const driving = turn.drive();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(turn.cancel({ ...cancel, action: 'compensate' })).toBe('not-found');
    committed();
    expect(await driving).toEqual({ kind: 'over' });
  });

  it('refuses a cancel with compensation where there is none, or another cancel came first', () => {
    registerGraphs([definition('undoable-too', 'undo'), definition('stubborn')]);
    const ask = (graphId: string) => new Turn({ tenantId: 't', threadId: 'th' }, { runId: 'r', graphId });
    const compensate = { ...cancel, action: 'compensate' } as const;
    expect(ask('stubborn').cancel(compensate)).toBe('no-compensation');
    const turn = ask('undoable-too');
    expect([turn.cancel(cancel), turn.cancel(compensate)]).toEqual(['accepted', 'ends-without']);
  });

  it('gives way to runs that come before it, unless it is being cancelled', async () => {
    const after = { kind: 'after', runs: [{ runId: 'q', graphId: 'g' }] } as const;
    activities.beginRunInTurn.mockResolvedValue(after);
    expect(await aTurn().drive()).toEqual(after);

    activities.beginRun.mockResolvedValue({ kind: 'skip', reason: 'terminal' });
    const cancelled = aTurn();
    cancelled.cancel(cancel);
    expect(await cancelled.drive()).toEqual({ kind: 'over' });
    expect(activities.beginRun).toHaveBeenCalledTimes(1);
  });

  it('ends a run that cannot begin, instead of failing its thread', async () => {
    activities.beginRunInTurn.mockRejectedValue(new Error('kwargs of another form'));
    expect(await aTurn().drive()).toEqual({ kind: 'over' });
    const [batch] = activities.runtimeActivities.commitProgress.mock.calls[0] ?? [];
    expect(batch?.end).toMatchObject({ status: 'error' });
  });
});
