import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { defineGraph } from '@holdfast/agent-runtime/graph';
import { checkGraphs } from '../src/check/check-graphs.ts';
import { nameProblem } from '../src/check/graph-names.ts';
import { WORKSPACE } from '../src/workspace.ts';
import { GraphFolder } from './graph-folder.ts';

const TYPED = `
import { END, START, StateGraph } from '@langchain/langgraph';
import { z } from 'zod';
import { shout } from 'shouter';
const State = z.object({ text: z.string(), loud: z.string().optional() });
export const compiled = new StateGraph(State).addNode('speak', ({ text }) => ({ loud: shout(text) })).addEdge(START, 'speak').addEdge('speak', END).compile();`;

const PLAIN = `
const { Annotation, END, MessagesAnnotation, START, StateGraph } = require('@langchain/langgraph');
const { AIMessage } = require('@langchain/core/messages');
const { callModel } = require('@holdfast/agent-runtime/graph');
const State = Annotation.Root({ ...MessagesAnnotation.spec, asked: Annotation() });
const ask = async ({ messages }) => ({ messages: [await callModel({ messages })], asked: AIMessage.name });
exports.make = (config) => new StateGraph(State).addNode('ask', ask).addEdge(START, 'ask').addEdge('ask', END);`;

const DEFAULT = `
import { END, MessagesAnnotation, START, StateGraph, interrupt } from '@langchain/langgraph';
import type { Stats } from 'node:fs';
const wait = async (s: typeof MessagesAnnotation.State, stats?: Stats) => {
  const at = Date.now() + Math.random();
  return { messages: [String(interrupt({ at, when: new Date(), stats }))] };
};
export default new StateGraph(MessagesAnnotation).addNode('wait', wait).addEdge(START, 'wait').addEdge('wait', END);`;

const DEFINED = `
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { defineGraph } from '@holdfast/agent-runtime/graph';
const schema = { type: 'object', properties: { messages: { type: 'array' } } };
export const graph = defineGraph({
  graphId: 'defined', version: '3.0.0', description: 'In its own words.', compensate: 'n', migrations: [{ from: '2.0.0', to: '3.0.0', nodes: { old: 'n' } }],
  schemas: { input: schema, output: schema, state: schema, config: { type: 'object', properties: { tone: { type: 'string' } } } },
  build: () => new StateGraph(MessagesAnnotation).addNode('n', () => ({})).addEdge(START, 'n').addEdge('n', END).compile(),
});`;

describe('graphs of every usual form', () => {
  let folder: GraphFolder;
  beforeAll(() => {
    folder = new GraphFolder().write({
      'langgraph.json': {
        node_version: '20',
        dependencies: ['.'],
        graphs: {
          typed: './src/typed.ts:compiled',
          plain: { path: './src/plain.cjs:make', description: 'Asks once.' },
          waiting: './src/waiting.mts',
          defined: './src/defined.ts:graph',
        },
      },
      'package.json': { name: 'agents', version: '2.3.4' },
      'src/typed.ts': TYPED,
      'src/plain.cjs': PLAIN,
      'src/waiting.mts': DEFAULT,
      'src/defined.ts': DEFINED,
      'node_modules/shouter/package.json': { name: 'shouter', version: '1.0.0', main: './index.js' },
      // `events` is a package here, and the other export that would need Node is not used
      'node_modules/shouter/index.js': `const { on } = require('events');\nexports.shout = (text) => on(text.toUpperCase());\n`,
      'node_modules/events/package.json': { name: 'events', version: '3.0.0', main: './index.js' },
      'node_modules/events/index.js': 'exports.on = (x) => x;\n',
    });
  });
  afterAll(() => folder.remove());

  it('are accepted and described', async () => {
    const { graphs, findings } = await checkGraphs(folder.path);
    expect(findings).toEqual([]);
    expect(graphs.map(({ graphId, description }) => [graphId, description])).toEqual([
      ['typed', 'Graph typed, from outside of Holdfast.'],
      ['plain', 'Asks once.'],
      ['waiting', 'Graph waiting, from outside of Holdfast.'],
      ['defined', 'In its own words.'],
    ]);
    const [typed, plain, waiting, defined] = graphs;
    expect(typed?.structure).toMatchObject({ edges: [{ source: '__start__', target: 'speak' }, { source: 'speak', target: '__end__' }] });
    expect(typed?.schemas).toMatchObject({
      input_schema: { type: 'object', properties: { text: { type: 'string' }, loud: { type: 'string' } } },
      state_schema: { required: ['text'] },
    });
    const messages = { type: 'array', items: { type: 'object' }, title: 'Messages' };
    expect(plain?.schemas).toMatchObject({ input_schema: { type: 'object', properties: { messages, asked: {} } } });
    expect(waiting?.schemas).toMatchObject({ output_schema: { type: 'object', properties: { messages } } });
    expect(defined?.schemas).toMatchObject({ config_schema: { properties: { tone: { type: 'string' } } } });
    // All that a worker announces of it: by what it loads, runs are moved to a new build, or stay.
    expect(defined).toMatchObject({ compensate: 'n', loads: { version: '3.0.0', migrations: [{ from: '2.0.0', to: '3.0.0' }] } });
    expect([typed?.loads, plain?.loads, waiting?.loads]).toEqual([undefined, undefined, undefined]);
  });

  it('give the same code wherever the folder lies, and other code after a change', async () => {
    const one = new GraphFolder().graphs({ 'defined.ts': DEFINED });
    const two = new GraphFolder().graphs({ 'defined.ts': DEFINED });
    try {
      const codeOf = async ({ path }: GraphFolder): Promise<string> => (await checkGraphs(path)).bundle.code;
      const before = await codeOf(one);
      expect(await codeOf(two)).toBe(before);
      two.graphs({ 'defined.ts': DEFINED.replace('In its own words.', 'In other words.') });
      expect(await codeOf(two)).not.toBe(before);
    } finally {
      one.remove();
      two.remove();
    }
  });

  it('are accepted with a remark when something is suspicious', async () => {
    const odd = new GraphFolder().graphs({
      'odd.ts': `import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
const seen = new Map<string, number>();
let count = 0;
const n = async () => { count += 1; seen.set('n', count); await new Promise((resolve) => setTimeout(resolve, 5)); return {}; };
export const graph = new StateGraph(MessagesAnnotation).addNode('n', n).addEdge(START, 'n').addEdge('n', END);`,
    });
    try {
      const { findings } = await checkGraphs(odd.path);
      expect(findings.map(({ line, severity, reason }) => [line, severity, reason.split(/[ :]/)[0]])).toEqual(
        expect.arrayContaining([[2, 'suspicious', 'a'], [3, 'suspicious', 'a'], [4, 'suspicious', 'setTimeout']]),
      );
      expect(findings).toHaveLength(3);
    } finally {
      odd.remove();
    }
  });
});

describe('packages', () => {
  it('may be a zod of the folder, beside LangGraph of ours', async () => {
    const folder = new GraphFolder().graphs({
      'typed.ts': `import { END, START, StateGraph } from '@langchain/langgraph';
import { z } from 'zod';
const State = z.object({ text: z.string() });
export const graph = new StateGraph(State).addNode('n', ({ text }) => ({ text: z.string().parse(text) })).addEdge(START, 'n').addEdge('n', END);`,
    });
    cpSync(join(WORKSPACE, 'node_modules/zod'), join(folder.path, 'node_modules/zod'), { recursive: true });
    try {
      const { bundle, findings, graphs } = await checkGraphs(folder.path);
      expect(Object.keys(bundle.metafile.inputs)).toEqual(expect.arrayContaining([expect.stringMatching(/^node_modules\/zod\//)]));
      expect([findings, graphs[0]?.schemas['input_schema']]).toEqual([[], expect.objectContaining({ properties: { text: { type: 'string' } } })]);
    } finally {
      folder.remove();
    }
  });

  it('are remarked on where they use what a workflow lacks, unless that is left out of the bundle or asked for first', async () => {
    const folder = new GraphFolder().graphs({
      'agent.ts': `import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { load } from 'loader';
export const graph = new StateGraph(MessagesAnnotation).addNode('n', async () => void (await load())).addEdge(START, 'n').addEdge('n', END);`,
    });
    folder.write({
      'node_modules/loader/package.json': { name: 'loader', version: '1.0.0', type: 'module', exports: './index.js', sideEffects: false },
      'node_modules/loader/index.js': `const isBrowser = typeof Buffer === 'undefined';
export const other = () => setImmediate(() => 0);
export async function load() {
  return [await fetch('x'), isBrowser, await fetch('y')];
}`,
    });
    try {
      const { findings } = await checkGraphs(folder.path);
      expect(findings).toEqual([
        { file: expect.stringMatching(/loader\/index\.js$/), line: 4, severity: 'suspicious', reason: expect.stringMatching(/^fetch: .*what calls it fails the run$/) },
      ]);
    } finally {
      folder.remove();
    }
  });
});

describe('names of graphs', () => {
  const accepts = (name: string): boolean => {
    try {
      defineGraph({ graphId: name, version: '1.0.0', description: '', schemas: { input: {}, output: {}, state: {}, config: {} }, build: () => undefined as never });
      return true;
    } catch {
      return false;
    }
  };

  it.each(['agent', 'my-agent-2', 'a1', 'My_Agent', '-a', 'a-', 'a--b', '1a', '', 'ä', 'a b'])('%j is judged as the runtime does', (name) => {
    expect(nameProblem(name) === undefined).toBe(accepts(name));
  });

  it.each([['myAgent', 'my-agent'], ['My Agent!', 'my-agent'], ['2nd_try', 'nd-try']])('%s: %s is proposed', (name, better) => {
    expect(nameProblem(name)).toContain(`for example ${better}`);
  });
});
