import { Annotation, END, START, StateGraph, interrupt } from '@langchain/langgraph';
import type { GraphMigration } from '../graph/graph-migration';
import { toRunError } from './failure';
import { StateIsNewerError, loadState } from './load-state';
import { packSaved } from './saved-state';
import { WorkflowSaver } from './saver';

const State = Annotation.Root({ answer: Annotation<string>() });
const asOf = (saver: WorkflowSaver) => ({ configurable: { thread_id: 't', __pregel_checkpointer: saver }, durability: 'async' as const });
const registered = (version: string, migrations: readonly GraphMigration[] = []) => ({ version, migrations, loadsAnyState: false });

describe('the state of a thread that waits for a person', () => {
  let saved: string;
  beforeAll(async () => {
    const saver = new WorkflowSaver();
    const graph = new StateGraph(State)
      .addNode('ask', () => ({ answer: interrupt<string, string>('which?') }))
      .addEdge(START, 'ask').addEdge('ask', END).compile();
    await graph.invoke({}, asOf(saver));
    saved = packSaved({ runId: 'first', originRunId: 'first', steps: 0 }, await saver.dump(), { graphId: 'g', version: '1.0.0' });
  });

  const load = (graph: ReturnType<typeof registered>, graphId = 'g') => loadState(graphId, graph, { saved }, { runId: 'next', goesOn: true });
  const refusal = (graph: ReturnType<typeof registered>): Promise<unknown> => load(graph).then(() => 'loaded', (error: unknown) => error);

  it('ends its next run when no migration leads to the graph as it is now, with the reason', async () => {
    const message = (version: string) => `no migration of g leads from version 1.0.0 of the thread's state to ${version}`;
    for (const graph of [registered('2.0.0'), registered('3.0.0', [{ from: '2.0.0', to: '3.0.0' }])]) {
      expect(toRunError(await refusal(graph))).toEqual({ code: 'STATE_NOT_MIGRATED', kind: 'user', message: message(graph.version) });
    }
  });

  it.each([
    ['of the same major version', registered('1.4.0'), 'g'],
    ['to whose version a migration leads', registered('2.0.0', [{ from: '1.0.0', to: '2.0.0' }]), 'g'],
    ['that takes every state', { ...registered('2.0.0'), loadsAnyState: true }, 'g'],
    ['with another name, whose version says nothing of it', registered('2.0.0'), 'other'],
  ])('is loaded by a graph %s', async (_, graph, graphId) => {
    expect((await load(graph, graphId)).saver.headId).toEqual(expect.any(String));
  });

  it('is held, not refused, when a later version made it', async () => {
    expect(await refusal(registered('0.9.0'))).toBeInstanceOf(StateIsNewerError);
  });
});
