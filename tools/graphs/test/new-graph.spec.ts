import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkGraphs } from '../src/check/check-graphs.ts';
import { registerIn } from '../src/create/graph-catalogue.ts';
import { newGraph } from '../src/create/new-graph.ts';
import { WORKSPACE } from '../src/workspace.ts';
import { GraphFolder } from './graph-folder.ts';

const run = promisify(execFile);
const env = { PATH: process.env['PATH'] };

describe('a new graph in a folder of its own', () => {
  const folder = new GraphFolder();
  const path = join(folder.path, 'mine');
  afterAll(() => folder.remove());

  it('can run, and its test passes without a server', async () => {
    expect(newGraph('word-count', path)).toContain('npm start -- --graphs');
    expect((await checkGraphs(path)).graphs.map(({ graphId }) => graphId)).toEqual(['word-count']);
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap'], { cwd: path, env });
    expect(stdout).toMatch(/^# pass 1$/m);
    expect(readdirSync(path).sort()).toEqual(['.gitignore', 'graph.test.ts', 'graph.ts', 'langgraph.json', 'package.json', 'tsconfig.json']);
    for (const file of readdirSync(path)) expect(readFileSync(join(path, file), 'utf8')).not.toContain('{{');
  });

  it.each([
    ['Word_Count', /cannot be a graph's name/],
    ['plan-execute-review', /has a graph plan-execute-review already/],
  ])('is not made as %s', (name, reason) => {
    expect(() => newGraph(name, join(folder.path, 'other'))).toThrow(reason);
    expect(existsSync(join(folder.path, 'other'))).toBe(false);
  });

  it('is not made over what is there', () => {
    folder.write({ 'full/notes.txt': 'mine' });
    expect(() => newGraph('word-count', join(folder.path, 'full'))).toThrow(/not empty/);
    expect(readdirSync(join(folder.path, 'full'))).toEqual(['notes.txt']);
  });
});

describe("a new graph among Holdfast's own", () => {
  let copy: string;
  const definitions = (): string => join(copy, 'src');
  beforeEach(() => {
    // inside the workspace, so that imports find its packages
    mkdirSync(join(WORKSPACE, 'tmp'), { recursive: true });
    copy = mkdtempSync(join(WORKSPACE, 'tmp/new-graph-'));
    cpSync(join(WORKSPACE, 'libs/graph-definitions/src'), definitions(), { recursive: true });
  });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));

  it('is registered, and its test and that of the catalogue pass', async () => {
    newGraph('word-count', undefined, definitions());
    expect(readFileSync(join(definitions(), 'catalogue.ts'), 'utf8')).toMatch(/import \{ wordCountGraph \} from '\.\/word-count\/word-count\.graph';[\s\S]*GRAPHS[^=]*= \[[\s\S]*wordCountGraph[\s\S]*\]/);
    const tests = ['word-count/word-count.spec.ts', 'catalogue.spec.ts'].map((test) => join(definitions(), test));
    const jest = [join(WORKSPACE, 'node_modules/jest/bin/jest.js'), '-c', join(WORKSPACE, 'jest.preset.mjs'), '--rootDir', copy, '--json', ...tests];
    const { stdout } = await run(process.execPath, ['--experimental-vm-modules', ...jest], { env });
    const report = JSON.parse(stdout) as { testResults: { assertionResults: { fullName: string; status: string }[] }[] };
    const names = report.testResults.flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName));
    const tsconfig = { extends: join(WORKSPACE, 'tsconfig.base.json'), compilerOptions: { types: ['node', 'jest'] }, include: ['src/**/*.ts'] };
    writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify(tsconfig));
    await run(process.execPath, [join(WORKSPACE, 'node_modules/typescript/bin/tsc'), '-p', copy], { env }).catch((error: { stdout?: string }) => {
      throw new Error(error.stdout);
    });
    expect(names).toEqual(expect.arrayContaining(['word-count calls what the model asks for, and answers', 'the catalogue word-count compiles, can run in a workflow and can be drawn']));
  });

  it('is not made twice, nor with the name of another', () => {
    newGraph('word-count', undefined, definitions());
    expect(() => newGraph('word-count', undefined, definitions())).toThrow(/has a graph word-count already/);
    expect(() => newGraph('three-calls', undefined, definitions())).toThrow(/has a graph three-calls already/);
    expect(() => newGraph('2nd', undefined, definitions())).toThrow(/cannot be a graph's name/);
  });
});

describe('the catalogue', () => {
  const head = `import { a } from './a/a.graph';\n\n`;
  it.each([
    ['on one line', 'export const GRAPHS: readonly G[] = [a];', '[a, bGraph]'],
    ['on lines', 'export const GRAPHS = [\n  a,\n];', '[\n  a,\n  bGraph,\n]'],
    ['on lines without a last comma', 'export const GRAPHS = [\n  a\n];', '[\n  a,\n  bGraph\n]'],
    ['that is empty', 'export const GRAPHS = [];', '[bGraph]'],
  ])('takes a graph into a list %s', (_, list, expected) => {
    const text = registerIn(head + list, 'b', 'bGraph');
    expect(text).toContain(`import { a } from './a/a.graph';\nimport { bGraph } from './b/b.graph';\n`);
    expect(text).toContain(expected);
  });

  it('is left alone when it has no list', () => {
    expect(registerIn(`${head}export const OTHER = [];`, 'b', 'bGraph')).toBeUndefined();
  });
});
