import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { checkGraphs } from '../src/check/check-graphs.ts';
import { WORKSPACE } from '../src/workspace.ts';
import { GraphFolder } from './graph-folder.ts';

const run = promisify(execFile);

/** The files of a page: blocks whose first line is ```` ```ts agent.ts ````. */
function filesOf(page: string): Record<string, string> {
  return Object.fromEntries([...page.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = '', content = '']) => [name, content]));
}

describe('docs/guides/write-a-graph.md', () => {
  const files = filesOf(readFileSync(join(WORKSPACE, 'docs/guides/write-a-graph.md'), 'utf8'));
  let folder: GraphFolder;
  beforeEach(() => (folder = new GraphFolder().write(files)));
  afterEach(() => folder.remove());

  it('shows a complete graph in under 40 lines, which can run', async () => {
    expect(Object.keys(files)).toEqual(['agent.ts', 'langgraph.json', 'agent.test.ts']);
    expect(files['agent.ts']?.split('\n').length).toBeLessThan(40);
    for (const helper of ['callModel(', 'callTools(', 'interrupt(']) expect(files['agent.ts']).toContain(helper);
    const { graphs, findings } = await checkGraphs(folder.path);
    expect([graphs.map(({ graphId }) => graphId), findings]).toEqual([['careful-agent'], []]);
    expect(graphs[0]?.structure).toMatchObject({ edges: expect.arrayContaining([expect.objectContaining({ source: 'act', target: 'think', conditional: true })]) });
  });

  it('shows a test that passes without a server', async () => {
    folder.write({ 'agent.test.ts': files['agent.test.ts']?.replace('../holdfast', relative(folder.path, WORKSPACE)) ?? '' });
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap'], { cwd: folder.path, env: { PATH: process.env['PATH'] } });
    expect(stdout).toMatch(/^# pass 1$/m);
  });

  it('shows code that the compiler accepts', async () => {
    // types come from the folder's node_modules; there is no registry in a test
    folder.write({
      'agent.test.ts': files['agent.test.ts']?.replace('../holdfast', relative(folder.path, WORKSPACE)) ?? '',
      'tsconfig.json': {
        extends: join(WORKSPACE, 'tsconfig.base.json'),
        compilerOptions: {
          typeRoots: [join(WORKSPACE, 'node_modules/@types')],
          paths: {
            '@langchain/langgraph': [join(WORKSPACE, 'node_modules/@langchain/langgraph/dist/index.d.ts')],
            '@langchain/core/messages': [join(WORKSPACE, 'node_modules/@langchain/core/dist/messages/index.d.ts')],
            '@holdfast/agent-runtime/graph': [join(WORKSPACE, 'libs/agent-runtime/src/graph/index.ts')],
          },
        },
        include: ['*.ts'],
      },
    });
    await run(process.execPath, [join(WORKSPACE, 'node_modules/typescript/bin/tsc'), '-p', folder.path], { env: { PATH: process.env['PATH'] } }).catch((error: { stdout?: string }) => {
      throw new Error(error.stdout);
    });
  });
});
