import { AIMessage, HumanMessage, RemoveMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { Annotation, END, MemorySaver, START, StateGraph } from '@langchain/langgraph';
import { assertRunnable } from './assert-runnable';
import { callTool } from './call-tool';
import { defineGraph } from './graph-definition';
import { aiMessageOf, toApiForm, toMessageDto, toolMessageOf } from './messages';
import { registerGraphs, registeredGraph } from './registry';

const State = Annotation.Root({ x: Annotation<number>() });
const builder = () => new StateGraph(State).addNode('n', () => ({ x: 1 })).addEdge(START, 'n').addEdge('n', END);
const schemas = { input: {}, output: {}, state: {}, config: {} };
const define = (graphId: string, build = () => builder().compile()) => defineGraph({ graphId, version: '1.0.0', description: 'd', schemas, build });

describe('graphs', () => {
  it('have ids and versions of a fixed form', () => {
    expect(() => define('Bad.Id')).toThrow(/graph id/);
    expect(() => defineGraph({ ...define('fine'), version: '1' })).toThrow(/version/);
  });

  it('are compiled once and found by id', () => {
    let builds = 0;
    registerGraphs([define('once', () => (builds++, builder().compile()))]);
    expect(registeredGraph('once')?.graph).toBe(registeredGraph('once')?.graph);
    expect(registeredGraph('once')?.lane).toBe('local');
    expect(registeredGraph('other')).toBeUndefined();
    expect(builds).toBe(1);
    expect(() => registerGraphs([define('once')])).toThrow(/twice/);
  });

  it('are refused with every reason when they would be impure', () => {
    const bad = new StateGraph(State)
      .addNode('n', () => ({ x: 1 }), { retryPolicy: { maxAttempts: 3 }, cachePolicy: true })
      .addEdge(START, 'n').addEdge('n', END)
      .compile({ checkpointer: new MemorySaver() });
    bad.stepTimeout = 5;
    expect(() => assertRunnable('bad', bad)).toThrow(/checkpointer.*stepTimeout.*node n: retryPolicy.*node n: cachePolicy/);
    expect(() => assertRunnable('good', builder().compile())).not.toThrow();
  });

  it('are refused for what a sub-graph of theirs does, at any depth, and one that a node invokes', () => {
    const inner = new StateGraph(State)
      .addNode('n', () => ({ x: 1 }), { retryPolicy: { maxAttempts: 3 } })
      .addEdge(START, 'n').addEdge('n', END)
      .compile();
    inner.stepTimeout = 5;
    const middle = new StateGraph(State).addNode('inner', inner).addEdge(START, 'inner').addEdge('inner', END).compile();
    const saving = builder().compile({ checkpointer: new MemorySaver() });
    const bad = new StateGraph(State)
      .addNode('middle', middle)
      .addNode('calls', (state) => saving.invoke(state), { subgraphs: [saving] })
      .addEdge(START, 'middle').addEdge('middle', 'calls').addEdge('calls', END)
      .compile();
    expect(() => assertRunnable('bad', bad)).toThrow(
      'graph bad cannot run in a workflow: sub-graph middle/inner: stepTimeout: it is a real timer; node middle/inner/n: retryPolicy: Temporal owns retries; '
      + 'sub-graph calls: compile({ checkpointer }): the runtime brings its own',
    );
  });

  it('may have a sub-graph that keeps its state from call to call, or none', () => {
    const graph = new StateGraph(State)
      .addNode('keeps', builder().compile({ checkpointer: true }))
      .addNode('forgets', builder().compile({ checkpointer: false }))
      .addEdge(START, 'keeps').addEdge('keeps', 'forgets').addEdge('forgets', END)
      .compile();
    expect(() => assertRunnable('good', graph)).not.toThrow();
  });

  it('name a node of theirs to take back what they did', () => {
    registerGraphs([{ ...define('undoable'), compensate: 'n' }]);
    expect(registeredGraph('undoable')?.compensate).toBe('n');
    expect(() => registerGraphs([{ ...define('undoing'), compensate: 'm' }])).toThrow(/graph undoing .*compensate: there is no node m; there are n$/);
  });

  it('make calls inside nodes only', async () => {
    await expect(callTool({ id: '1', name: 's__t', args: {} })).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describe('messages', () => {
  const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };

  it('survive the way from LangChain to the protocol and back', () => {
    const ai = new AIMessage({ id: 'a', content: 'hi', name: 'n', tool_calls: [{ id: 'c', name: 't', args: { a: [1] }, type: 'tool_call' }], usage_metadata: usage });
    const dto = toMessageDto(ai);
    expect(dto).toEqual({
      type: 'ai', id: 'a', content: 'hi', name: 'n', additional_kwargs: {}, response_metadata: {}, invalid_tool_calls: [],
      tool_calls: [{ id: 'c', name: 't', args: { a: [1] }, type: 'tool_call' }], usage_metadata: usage,
    });
    expect(toMessageDto(aiMessageOf(JSON.parse(JSON.stringify(dto))))).toEqual(dto);
    const tool = toMessageDto(new ToolMessage({ id: 't', tool_call_id: 'c', content: [{ type: 'text', text: 'x' }], status: 'error' }));
    expect(tool).toMatchObject({ type: 'tool', tool_call_id: 'c', status: 'error', content: [{ type: 'text', text: 'x' }] });
    expect(toMessageDto(toolMessageOf(JSON.parse(JSON.stringify(tool))))).toEqual(tool);
    expect(toMessageDto(new SystemMessage('s'))).toMatchObject({ type: 'system', content: 's' });
  });

  it('become flat wherever they stand in a state, and the rest is shared', () => {
    const rest = { deep: [{ a: 1 }] };
    const state = { messages: [new HumanMessage({ id: 'h', content: 'q' })], rest, none: null };
    const shown = toApiForm(state) as typeof state;
    expect(shown.messages).toEqual([{ type: 'human', id: 'h', content: 'q', additional_kwargs: {}, response_metadata: {} }]);
    expect(shown.rest).toBe(rest);
    expect(toApiForm(rest)).toBe(rest);
    expect(toApiForm(new RemoveMessage({ id: 'h' }))).toEqual({ type: 'remove', id: 'h', content: '' });
  });
});
