import { checkGraphs } from '../src/check/check-graphs.ts';
import { type Finding, GraphsRefusedError } from '../src/findings.ts';
import { GraphFolder, place } from './graph-folder.ts';

const IMPORTS = `import { END, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';`;
const BUILDER = `new StateGraph(MessagesAnnotation).addNode('n', () => ({})).addEdge(START, 'n').addEdge('n', END)`;
/** A graph whose second line is the given one; a node uses what it declares. */
const withLine = (line: string, use = '0'): string => `${IMPORTS}
${line}
export const graph = new StateGraph(MessagesAnnotation).addNode('n', async () => void (${use})).addEdge(START, 'n').addEdge('n', END);`;

async function findings(folder: GraphFolder, loadTimeoutMs?: number): Promise<readonly Finding[]> {
  try {
    const { graphs } = await checkGraphs(folder.path, loadTimeoutMs);
    throw new Error(`nothing was refused of ${graphs.map(({ graphId }) => graphId).join()}`);
  } catch (error) {
    if (error instanceof GraphsRefusedError) return error.findings;
    throw error;
  }
}

describe('graphs that cannot run are refused with file, line and reason', () => {
  let folder: GraphFolder;
  beforeEach(() => (folder = new GraphFolder()));
  afterEach(() => folder.remove());

  const inSource: Record<string, { source: string; line: number; reason: RegExp }> = {
    'node-import': { source: withLine(`import { readFileSync } from 'node:fs';`, 'readFileSync'), line: 2, reason: /^node:fs: a workflow sees nothing of Node/ },
    'bare-import': { source: withLine(`import fs from 'fs';`, 'fs'), line: 2, reason: /^fs: a workflow sees nothing of Node/ },
    required: { source: withLine(`const os = require('os');`, 'os'), line: 2, reason: /^os: / },
    'model-client': { source: withLine(`import { ChatOpenAI } from '@langchain/openai';`, 'ChatOpenAI'), line: 2, reason: /callModel/ },
    saver: { source: withLine(`import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';`, 'PostgresSaver'), line: 2, reason: /checkpointer/ },
    'other-holdfast': { source: withLine(`import { createDatabase } from '@holdfast/persistence';`, 'createDatabase'), line: 2, reason: /agent-runtime\/graph only/ },
    fetching: { source: withLine(`const get = () => fetch('http://x');`, 'get()'), line: 2, reason: /^fetch: .*callTool/ },
    'fetch-by-global': { source: withLine(`const get = () => globalThis.fetch('http://x');`, 'get()'), line: 2, reason: /^fetch: / },
    environment: { source: withLine(`const key = () => process.env['KEY'];`, 'key()'), line: 2, reason: /^process: .*configurable/ },
    declared: { source: withLine(`declare const process: { env: object };`, 'process.env'), line: 2, reason: /whatever is declared/ },
    buffer: { source: withLine(`const b = () => Buffer.from('x');`, 'b()'), line: 2, reason: /^Buffer: / },
    base64: { source: withLine(`const b = () => atob('eA==');`, 'b()'), line: 2, reason: /^atob: it is not there in a workflow$/ },
    cloning: { source: withLine(`const c = () => structuredClone({});`, 'c()'), line: 2, reason: /^structuredClone: / },
    deadline: { source: withLine(`const d = () => AbortSignal.timeout(5);`, 'd()'), line: 2, reason: /^AbortSignal\.timeout: .*real timer/ },
    interval: { source: withLine(`const i = () => setInterval(() => 0, 1);`, 'i()'), line: 2, reason: /^setInterval: / },
    'clock-at-top': { source: withLine(`const began = Date.now();`, 'began'), line: 2, reason: /^Date\.now\(\): .*no run yet/ },
    'date-at-top': { source: withLine(`export const began = new Date();`, 'began'), line: 2, reason: /^new Date\(\): .*no run yet/ },
    'chance-at-top': { source: withLine(`const salt = Math.random();`, 'salt'), line: 2, reason: /^Math\.random\(\): .*no run yet/ },
    'meta-url': { source: withLine(`const here = import.meta.url;`, 'here'), line: 2, reason: /^import\.meta: / },
    computed: { source: withLine(`const load = (name: string) => import(name);`, `load('x')`), line: 2, reason: /computed name/ },
    disabled: { source: withLine(`const get = () => fetch('http://x'); // eslint-disable-line`, 'get()'), line: 2, reason: /^fetch: / },
    checkpointer: { source: `${IMPORTS}\nexport const graph = ${BUILDER}\n  .compile({ checkpointer: new MemorySaver() });`, line: 3, reason: /checkpointer.*runtime brings its own/ },
    retry: { source: `${IMPORTS}\nexport const graph = new StateGraph(MessagesAnnotation)\n  .addNode('n', () => ({}), { retryPolicy: { maxAttempts: 3 } })\n  .addEdge(START, 'n').addEdge('n', END);`, line: 3, reason: /Temporal owns retries/ },
    'node-timeout': { source: `${IMPORTS}\nexport const graph = new StateGraph(MessagesAnnotation)\n  .addNode('n', () => ({}), { timeout: 5 })\n  .addEdge(START, 'n').addEdge('n', END);`, line: 3, reason: /real timer/ },
    'step-timeout': { source: `${IMPORTS}\nexport const graph = ${BUILDER}.compile();\ngraph.stepTimeout = 5;`, line: 3, reason: /real timer/ },
    caching: { source: `${IMPORTS}\nexport const graph = new StateGraph(MessagesAnnotation)\n  .addNode('n', () => ({}), { cachePolicy: true })\n  .addEdge(START, 'n').addEdge('n', END);`, line: 3, reason: /hides state/ },
  };

  it('when their code or their imports say so', async () => {
    folder.graphs(Object.fromEntries(Object.entries(inSource).map(([name, { source }]) => [`${name}.ts`, source])));
    const found = (await findings(folder)).filter(({ severity }) => severity === 'refused');
    for (const [name, { line, reason }] of Object.entries(inSource)) {
      expect(found.filter(({ file }) => file.endsWith(`/${name}.ts`))).toEqual([place(`/${name}.ts`, line, reason)]);
    }
    expect(found).toHaveLength(Object.keys(inSource).length);
  });

  it('when a package reaches what they must not, with the way there', async () => {
    folder.graphs({ 'agent.ts': `${IMPORTS}\nimport { tidy } from './tidy';\nexport const graph = ${BUILDER.replace('() => ({})', '() => tidy()')};` }).write({
      'tidy.ts': `// a helper\nimport { clean } from 'cleaner';\nexport const tidy = () => clean({});`,
      'node_modules/cleaner/package.json': { name: 'cleaner', version: '1.0.0', type: 'module', exports: './index.js' },
      'node_modules/cleaner/index.js': `import { deep } from './deep.js';\nexport const clean = (x) => deep(x);\n`,
      'node_modules/cleaner/deep.js': `import { readFileSync } from 'node:fs';\nimport http from 'http';\nexport const deep = (x) => [x, readFileSync, http];\n`,
    });
    expect(await findings(folder)).toEqual([
      place('/tidy.ts', 2, /^cleaner reaches node:fs \(tidy\.ts → cleaner\/index\.js → cleaner\/deep\.js → node:fs\) and 1 more: a workflow sees nothing of Node/),
    ]);
  });

  it('when the code cannot be bundled', async () => {
    folder.graphs({ 'lost.ts': `${IMPORTS}\nimport { x } from './nowhere';\nimport { y } from 'not-installed';\nexport const graph = [x, y, END];`, 'broken.ts': `${IMPORTS}\nexport const graph = ;` });
    expect(await findings(folder)).toEqual(
      expect.arrayContaining([place('/lost.ts', 2, /Could not resolve ".\/nowhere"$/), place('/lost.ts', 3, /Could not resolve "not-installed"; install it/), place('/broken.ts', 2, /Unexpected/)]),
    );
  });

  it('when they cannot be built', async () => {
    folder.graphs({
      'plan-execute-review.ts': `${IMPORTS}\nexport const graph = ${BUILDER};`,
      'missing.ts': `${IMPORTS}\nexport const agent = ${BUILDER};`,
      'number.ts': `// a number\nexport const graph = 7;`,
      'promised.ts': `${IMPORTS}\n\nexport async function graph() { return ${BUILDER}; }`,
      'throwing.ts': `${IMPORTS}\nfunction made() {\n  throw new Error('no luck');\n}\nexport const graph = () => made();`,
      'hidden-saver.ts': `${IMPORTS}\nconst options = { checkpointer: new MemorySaver() };\nexport const graph = ${BUILDER}.compile(options);`,
    });
    expect((await findings(folder)).filter(({ severity }) => severity === 'refused')).toEqual([
      place('/plan-execute-review.ts', 2, /graph of Holdfast's own/),
      place('/missing.ts', 1, /export graph.*no such export/),
      place('/number.ts', 2, /no graph: export a compiled graph/),
      place('/promised.ts', 3, /promise/),
      place('/throwing.ts', 3, /no luck/),
      place('/hidden-saver.ts', 3, /checkpointer.*the runtime brings its own/),
    ]);
  });

  it('when their modules cannot be loaded in a sandbox', async () => {
    folder.graphs({ 'agent.ts': `${IMPORTS}\nimport { now } from 'clock';\nexport const graph = ${BUILDER};\nexport const began = now();` }).write({
      'node_modules/clock/package.json': { name: 'clock', version: '1.0.0', main: './index.js' },
      'node_modules/clock/index.js': 'exports.now = () => Date.now();\n',
    });
    expect(await findings(folder)).toEqual([place('/agent.ts', 4, /cannot be loaded in a workflow: Date\.now\(\)/)]);
  });

  it('when a module never ends loading', async () => {
    folder.graphs({ 'agent.ts': `${IMPORTS}\nexport const graph = ${BUILDER};\nfor (;;);` });
    expect(await findings(folder, 500)).toEqual([place('langgraph.json', 1, /cannot be loaded in a workflow: .*timed out/)]);
  });

  it('when langgraph.json names what is not there', async () => {
    folder.write({
      'langgraph.json': '{\n  "graphs": {\n    "My_Agent": "./agent.ts:graph",\n    "gone": "./gone.ts:graph",\n    "python": "./agent.py:graph",\n    "text": "./notes.txt:graph"\n  }\n}',
      'agent.ts': `${IMPORTS}\nexport const graph = ${BUILDER};`,
      'agent.py': '',
      'notes.txt': '',
    });
    expect(await findings(folder)).toEqual([
      place('langgraph.json', 3, /"My_Agent" cannot be a graph's name.*for example my-agent/),
      place('langgraph.json', 4, /no file \.\/gone\.ts/),
      place('langgraph.json', 5, /Python/),
      place('langgraph.json', 6, /no JavaScript/),
    ]);
  });

  it.each([
    ['is not there', undefined, /cannot be read/],
    ['is no JSON', '{', /no JSON/],
    ['names no graph', '{"graphs":{}}', /names no graph/],
    ['has no graphs', '{"node_version":"24"}', /graphs: /],
  ])('when langgraph.json %s', async (_, text, reason) => {
    if (text !== undefined) folder.write({ 'langgraph.json': text });
    expect(await findings(folder)).toEqual([place('langgraph.json', 1, reason)]);
  });
});
