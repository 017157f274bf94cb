import { RunControl } from '@langchain/langgraph';
import type { BeginRunGo } from '../api';
import type { CallPort } from '../graph';
import { testGraphs } from '../../test/fixtures/test-graphs';
import { runGraph } from './run-graph';
import { WorkflowSaver } from './saver';
import { StepRecorder } from './step-recorder';

/** Graphs know nothing of Temporal: here they run in plain Node, with calls that answer at once. */
const echo: CallPort = {
  model: async () => ({ message: { type: 'ai', content: 'yes' }, model: 'test' }),
  tool: async (_, { toolCallId, args }) => ({
    message: { type: 'tool', tool_call_id: toolCallId, content: `Echo: ${String(args['message'])}` },
    outcome: { status: 'ok', server: 's', tool: 't', effect: 'read', duration_ms: 1, bytes: 1, truncated: false, arguments_sha256: '' },
  }),
  agent: async () => ({ values: {}, spent: { steps: 0, calls: 0, tokens: 0 } }),
};

async function drive(graphId: string, begin: Partial<BeginRunGo>, saver = new WorkflowSaver(), calls = echo) {
  const graph = testGraphs.find((definition) => definition.graphId === graphId)!.build();
  const recorder = new StepRecorder({ runId: 'r', saver, stepsBefore: 0, continues: false, takesOver: false, originRunId: 'r', injected: () => [] });
  const go: BeginRunGo = {
    kind: 'go', graphId, input: null, config: { recursionLimit: 50, configurable: {}, tags: [] }, context: {},
    interruptBefore: null, interruptAfter: null, durability: 'async', forked: false, called: [], saved: null, step: -1, lastCommit: 0, ...begin,
  };
  const outcome = await runGraph({
    graph, begin: go, ids: { threadId: 't', runId: 'r' }, saver, calls, recursionLimit: go.config.recursionLimit, control: new RunControl(),
    onChunk: (ns, mode, payload) => recorder.chunk(ns, mode, payload),
  });
  return { outcome, recorder, saver, recorded: await recorder.take() };
}

describe('runGraph', () => {
  it('records one event per finished superstep, in order, with its frames', async () => {
    const { outcome, recorded, recorder } = await drive('pure', { input: { input: 'x' } });
    expect(outcome).toBe('done');
    expect(recorded.events.map((event) => event.type === 'run.step-completed.v1' && event.data.step)).toEqual([0, 1, 2, 3, 4]);
    expect(recorded.checkpoints.map((c) => c.step)).toEqual([-1, 0, 1, 2, 3, 4]);
    expect(recorder.steps).toBe(4);
    expect(recorder.isEmpty).toBe(true);
  });

  it('turns a goto with input into a Send, and keeps the caller’s hands off LangGraph’s own keys', async () => {
    const sites: unknown[] = [];
    const calls: CallPort = { ...echo, tool: (site, call) => (sites.push([site.node, call.args]), echo.tool(site, call)) };
    const { saver } = await drive('approve', { input: { draft: '' } }, undefined, calls);
    const { outcome } = await drive(
      'approve',
      { command: { goto: [{ node: 'agent', input: { i: 9 } }], resume: 'ok' }, config: { recursionLimit: 50, configurable: { __pregel_checkpointer: 'x', checkpoint_id: 'x', __holdfast_calls: 'x' }, tags: [] } },
      saver,
      calls,
    );
    expect(outcome).toBe('done');
    expect(sites).toContainEqual(['agent', { message: 'agent9' }]);
  });

  it('tells the sub-graph’s namespace to the calls that it makes', async () => {
    const sites: string[][] = [];
    await drive('nested', { input: { draft: '' } }, undefined, { ...echo, tool: (site, call) => (sites.push([...site.ns]), echo.tool(site, call)) });
    expect(sites).toEqual([[expect.stringMatching(/^child:/)]]);
  });

  it.each([[[1, 2, 3, 4, 5]], [[5, 3, 4, 2, 1]], [[2, 4, 1, 3, 5]]])('names the frames of a superstep the same when its calls answer in the order %j', async (order) => {
    const { saver } = await drive('approve', { input: { draft: '' } });
    const calls: CallPort = {
      ...echo,
      tool: async (site, call) => {
        const i = Number(/\d$/.exec(String(call.args['message']))?.[0]);
        await new Promise((resolve) => setTimeout(resolve, 20 * order.indexOf(i)));
        return echo.tool(site, { ...call, args: { message: i % 2 === 0 ? 'even' : 'odd' } });
      },
    };
    const { recorded } = await drive('approve', { command: { resume: 'ok' } }, saver, calls);
    const frames = recorded.events.flatMap((event) => (event.type === 'run.step-completed.v1' ? event.data.frames : []));
    const told = frames.filter(({ mode, data }) => mode === 'updates' && 'agent' in (data as object));
    const named = (answer: string, nth?: number) => ({ ns: [], mode: 'updates', data: { agent: { outs: [`Echo: ${answer}`] } }, step: 3, ...(nth === undefined ? {} : { nth }) });
    expect(told).toHaveLength(5);
    expect(told).toEqual(expect.arrayContaining([named('odd'), named('odd', 1), named('odd', 2), named('even'), named('even', 1)]));
    expect(frames.filter(({ step }) => step === undefined)).toEqual([]);
    // no two under one name
    expect(new Set(frames.map((frame) => JSON.stringify(frame))).size).toBe(frames.length);
  });

  it('gives a node’s error away as it is', async () => {
    await expect(drive('failing', { input: { input: 'x' } })).rejects.toThrow(TypeError);
  });
});
