import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readHistories, replayHistories } from '@holdfast/agent-runtime/replay';
import { WORKSPACE } from '../src/workspace.ts';
import { GraphFolder } from './graph-folder.ts';

const run = promisify(execFile);
const env = { PATH: process.env['PATH'] };

async function build(...args: string[]): Promise<{ lines: Record<string, unknown>[]; stderr: string }> {
  const { stdout, stderr } = await run(process.execPath, [join(WORKSPACE, 'tools/graphs/src/main.ts'), 'build', ...args], { env });
  return { lines: stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>), stderr };
}

const AGENT = `
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { callModel } from '@holdfast/agent-runtime/graph';
import { question } from './question';
export const graph = new StateGraph(MessagesAnnotation)
  .addNode('ask', async () => ({ messages: [await callModel({ messages: [question] })] }))
  .addEdge(START, 'ask').addEdge('ask', END);`;
const QUESTION = `import { HumanMessage } from '@langchain/core/messages';\nexport const question = new HumanMessage('Why?');`;

describe('a bundle with graphs of a folder', () => {
  const folder = new GraphFolder();
  const cache = join(folder.path, '.holdfast/graphs');
  afterAll(() => folder.remove());

  it('is built once, runs in the SDK with everything of ours, holds one LangGraph, and follows changes', async () => {
    folder.graphs({ 'agent.ts': AGENT }).write({ 'question.ts': QUESTION });
    const first = await build(folder.path, '--cache', cache);
    expect(first.lines).toEqual([{ graphs: ['agent'] }, { bundle: expect.stringMatching(/\/[0-9a-f]{16}\/workflows\.cjs$/) }]);
    const file = String(first.lines[1]?.['bundle']);
    expect(JSON.parse(readFileSync(join(dirname(file), 'graphs.json'), 'utf8'))).toMatchObject([{ graphId: 'agent' }]);

    const code = readFileSync(file, 'utf8');
    expect(code).toContain('"Why?"');
    const modules = [...code.matchAll(/^\/\*\*\*\/ "([^"]+)":?/gm)].map(([, name = '']) => name);
    expect(modules.filter((name) => name.endsWith('@langchain/langgraph/dist/graph/state.js'))).toHaveLength(1);

    // the histories of our own graphs, replayed by the SDK in its own sandbox: the preloaded modules work there
    const recorded = await readHistories(join(WORKSPACE, 'libs/agent-runtime/histories'));
    const histories = ['plan-execute-review', 'three-calls'].map((graph) => recorded.find(({ name }) => name.endsWith(graph))!);
    expect((await replayHistories(file, histories)).filter(({ error }) => error !== undefined)).toEqual([]);

    const built = statSync(file).mtimeMs;
    const again = await build(folder.path, '--cache', cache);
    expect([String(again.lines[1]?.['bundle']), statSync(file).mtimeMs]).toEqual([file, built]);

    folder.write({ 'question.ts': QUESTION.replace('Why?', 'How?') });
    const changed = String((await build(folder.path, '--cache', cache)).lines[1]?.['bundle']);
    expect(changed).not.toBe(file);
    expect(readFileSync(changed, 'utf8')).toContain('"How?"');
    // three builds, and replays without a worker's tuning, which are five times slower
  }, 120_000);

  it('is not built when a graph is refused: the command fails and says where', async () => {
    const bad = new GraphFolder().graphs({ 'agent.ts': `import { hostname } from 'node:os';\nhostname();\n${AGENT}` }).write({ 'question.ts': QUESTION });
    try {
      const failure: unknown = await build(bad.path, '--cache', join(bad.path, 'cache')).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/agent\.ts:1: refused: node:os: a workflow sees nothing of Node/) });
      expect(readdirSync(bad.path)).not.toContain('cache');
    } finally {
      bad.remove();
    }
  });
});
