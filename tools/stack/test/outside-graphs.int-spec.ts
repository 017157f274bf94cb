import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeLayout } from '../src/layout.ts';
import { readEntries } from '../src/supervise/read-entries.ts';

const CLI = join(import.meta.dirname, '../src/cli.ts');

describe('a start with graphs that cannot run', () => {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-refused-'));
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-agents-'));
  afterAll(() => [home, folder].forEach((path) => rmSync(path, { recursive: true, force: true })));

  it.each([['start', '--exit'], ['supervise']])('(%s) says file, line and reason, and has started nothing', (...command) => {
    writeFileSync(join(folder, 'langgraph.json'), '{"graphs":{"agent":"./agent.ts:graph"}}');
    writeFileSync(join(folder, 'agent.ts'), `// an agent\nexport const graph = () => fetch('http://somewhere');\n`);
    const { status, stdout } = spawnSync(process.execPath, [CLI, ...command, '--graphs', folder], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOLDFAST_HOME: home, HOLDFAST_PORT: '28999' },
    });
    expect(stdout).toContain(`The graphs of ${folder} cannot run:`);
    expect(stdout).toMatch(/agent\.ts:2: refused: fetch: .*callTool/);
    expect(stdout).not.toContain('{"');
    expect(status).toBe(1);
    const layout = homeLayout(home);
    expect(readEntries(layout.stackJson)).toEqual([]);
    expect([layout.supervisorJson, layout.data('postgres'), layout.graphs].filter((path) => existsSync(path))).toEqual([]);
  }, 60_000);
});
