import { Annotation, Command, END, START, StateGraph } from '@langchain/langgraph';
import { type ErrorKind, HoldfastError } from '@holdfast/contracts/errors';
import { type RunnableGraph, errorHandler } from '../graph';
import { guardNodes } from '../graph/guard-nodes';
import { toRunError } from './failure';
import { loadState } from './load-state';
import { packSaved } from './saved-state';
import { WorkflowSaver } from './saver';

const State = Annotation.Root({ said: Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] }) });
const said = (text: string) => ({ said: [text] });
const asOf = (saver: WorkflowSaver) => ({ configurable: { thread_id: 't', __pregel_checkpointer: saver }, durability: 'async' as const });

describe('a node with an error handler that failed', () => {
  let asked: number;
  let isDown: boolean;
  /** The handler breaks off, as when its worker dies. */
  let handlerDies: boolean;
  let besideFails: boolean;
  beforeEach(() => {
    [asked, isDown, handlerDies, besideFails] = [0, true, false, false];
  });

  const aGraph = (on: readonly ErrorKind[]) => {
    const handle = (_: unknown, { code }: { readonly code: string }): Command => {
      if (handlerDies) throw new Error('died');
      return new Command({ update: said(code), goto: 'sorry' });
    };
    const graph = new StateGraph(State)
      .addNode(
        'ask',
        () => {
          asked += 1;
          if (isDown) throw new HoldfastError('TOOL_UNAVAILABLE', 'down');
          return said('answer');
        },
        { errorHandler: errorHandler<typeof State.State, Command>({ on, handle }), ends: ['sorry'] },
      )
      .addNode('beside', async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        if (besideFails) throw new Error('beside');
        return said('beside');
      })
      .addNode('sorry', () => said('sorry'))
      .addEdge(START, 'ask').addEdge(START, 'beside').addEdge('ask', END).addEdge('beside', END).addEdge('sorry', END)
      .compile();
    guardNodes(graph as unknown as RunnableGraph);
    return graph;
  };

  /** The state of the run `first`, as another execution or another run gets it. */
  const loaded = async (saver: WorkflowSaver, runId: string): Promise<WorkflowSaver> => {
    const saved = packSaved({ runId: 'first', originRunId: 'first', steps: 1 }, await saver.dump());
    return (await loadState('g', { version: '1.0.0', migrations: [], loadsAnyState: true }, { saved }, { runId, goesOn: true })).saver;
  };

  const failed = async (graph: ReturnType<typeof aGraph>): Promise<WorkflowSaver> => {
    const saver = new WorkflowSaver();
    await expect(graph.invoke({ said: [] }, asOf(saver))).rejects.toThrow();
    return saver;
  };

  it('is executed again by the run that goes on, when the handler has passed the error on', async () => {
    const graph = aGraph(['model']);
    const saver = await failed(graph);
    isDown = false;
    expect((await graph.invoke(null, asOf(await loaded(saver, 'second')))).said).toEqual(expect.arrayContaining(['answer']));
    expect(asked).toBe(2);
  });

  it('is not executed again by the same run, whose handler is told the code', async () => {
    const graph = aGraph(['tool']);
    handlerDies = true;
    const saver = await failed(graph);
    handlerDies = false;
    expect((await graph.invoke(null, asOf(await loaded(saver, 'first')))).said).toEqual(expect.arrayContaining(['TOOL_UNAVAILABLE', 'sorry']));
    expect(asked).toBe(1);
  });

  it('keeps its code for the run, too', async () => {
    const graph = aGraph(['model']);
    const again = await loaded(await failed(graph), 'first');
    const error: unknown = await graph.invoke(null, asOf(again)).catch((thrown: unknown) => thrown);
    expect(toRunError(error)).toEqual({ code: 'TOOL_UNAVAILABLE', kind: 'tool', message: 'down' });
  });

  it('is not executed again when its handler took the failure and another node failed', async () => {
    const graph = aGraph(['tool']);
    besideFails = true;
    const saver = await failed(graph);
    besideFails = false;
    expect((await graph.invoke(null, asOf(await loaded(saver, 'second')))).said).toEqual(expect.arrayContaining(['TOOL_UNAVAILABLE', 'beside', 'sorry']));
    expect(asked).toBe(1);
  });
});
