import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CatalogueError, loadCatalogue, loadCatalogues, parseCatalogue } from './catalogue.loader';
import { toServerSpec } from './server-specs';

const env = { HOLDFAST_WORKSPACE_ROOT: '/repo', EVERYTHING_MCP_URL: 'http://127.0.0.1:3001/mcp' };
const file = join(import.meta.dirname, '../../../../infra/tools/catalogue.json');

function problemsOf(catalogue: unknown, environment: Record<string, string> = env): readonly string[] {
  try {
    parseCatalogue('c.json', typeof catalogue === 'string' ? catalogue : JSON.stringify(catalogue), environment);
    return [];
  } catch (error) {
    if (error instanceof CatalogueError) return error.problems;
    throw error;
  }
}

const http = { transport: { kind: 'streamable-http', url: 'http://127.0.0.1:1/mcp' }, isolation: 'shared', tools: { t: { effect: 'read' } } };
const minimal = { servers: { s: http }, grants: [] };

describe('the catalogue that comes with the repository', () => {
  const catalogue = loadCatalogue(file, env);

  it('is usable and offers only reading of files', () => {
    const { filesystem } = catalogue.servers;
    expect(Object.values(filesystem?.tools ?? {}).map((tool) => tool.effect)).toEqual(expect.arrayContaining(['read']));
    expect(new Set(Object.values(filesystem?.tools ?? {}).map((tool) => tool.effect))).toEqual(new Set(['read']));
    expect(Object.keys(filesystem?.tools ?? {})).not.toEqual(expect.arrayContaining([expect.stringMatching(/write|edit|move|create/)]));
  });

  it('starts the filesystem server from the installed package by this Node, rooted at the workspace', () => {
    const { filesystem } = catalogue.servers;
    if (filesystem === undefined) throw new Error('the catalogue lacks filesystem');
    const spec = toServerSpec(filesystem);
    if (spec.kind !== 'stdio') throw new Error('not a child process');
    expect(spec).toMatchObject({ kind: 'stdio', command: process.execPath, cwd: '/repo', args: [expect.stringMatching(/server-filesystem\/dist\/index\.js$/), '/repo'] });
    expect(readFileSync(spec.args[0] ?? '', 'utf8')).toContain('filesystem');
  });

  it.each(['/repo/.holdfast/dev.env', '.git/config', 'a/../.env', '/repo/.holdfast', 'certs/server.pem', '.env.local', 'home/dev.env'])('refuses the path %s', (path) => {
    expect(catalogue.servers['filesystem']?.denyArguments['path']?.some((pattern) => pattern.test(path))).toBe(true);
  });
  it.each(['/repo/README.md', 'libs/x/.gitignore', '.github/workflows', 'apps/environment.ts', '.'])('allows the path %s', (path) => {
    expect(catalogue.servers['filesystem']?.denyArguments['path']?.some((pattern) => pattern.test(path))).toBe(false);
  });
});

it('accepts the least there can be and fills the defaults', () => {
  expect(parseCatalogue('c', JSON.stringify(minimal), {}).servers['s']).toMatchObject({
    timeoutMs: 30_000,
    concurrency: { calls: 16, queue: 64 },
    breaker: { failures: 5, openMs: 2_000 },
    denyArguments: {},
  });
});

it('replaces variables, with a default when one is given', () => {
  const url = 'http://${HOST:-localhost}:${PORT}/mcp';
  const text = JSON.stringify({ ...minimal, servers: { s: { ...http, transport: { kind: 'streamable-http', url } } } });
  expect(parseCatalogue('c', text, { PORT: '9' }).servers['s']?.transport).toMatchObject({ url: 'http://localhost:9/mcp' });
  expect(problemsOf(text, { HOST: 'h' })).toEqual(['servers.s.transport.url: the environment variable PORT is not set']);
});

it.each([
  ['no JSON', '{', [/^is no JSON/]],
  ['an unknown field', { ...minimal, extra: 1 }, [/^the file: Unrecognized key: "extra"/]],
  ['a bad name', { ...minimal, servers: { a__b: http } }, [/^servers\.a__b:/]],
  ['an unknown effect', { ...minimal, servers: { s: { ...http, tools: { t: { effect: 'harmless' } } } } }, [/^servers\.s\.tools\.t\.effect:/]],
  ['a tool without effect', { ...minimal, servers: { s: { ...http, tools: { t: {} } } } }, [/^servers\.s\.tools\.t\.effect:/]],
  ['a cache for a write', { ...minimal, servers: { s: { ...http, tools: { t: { effect: 'idempotent', cache: { ttlSeconds: 5 } } } } } }, [/tools\.t\.cache: only results of tools with effect "read"/]],
  ['a server that does not say it is shared', { ...minimal, servers: { s: { ...http, isolation: undefined } } }, [/^servers\.s\.isolation:/]],
  ['a grant with a misspelt field', { ...minimal, grants: [{ effect: 'allow', tools: ['*'], role: ['x'] }] }, [/^grants\.0: Unrecognized key: "role"/]],
  ['a broken pattern', { ...minimal, servers: { s: { ...http, denyArguments: { path: ['('] } } } }, [/^servers\.s\.denyArguments\.path\.0: is no regular expression/]],
  ['two problems at once', { servers: { s: { ...http, timeoutMs: 0 } }, grants: [{ effect: 'maybe', tools: ['*'] }] }, [/timeoutMs/, /grants\.0\.effect/]],
] as [string, unknown, RegExp[]][])('tells where %s is', (_, catalogue, expected) => {
  const problems = problemsOf(catalogue);
  expect(problems).toHaveLength(expected.length);
  expected.forEach((pattern, i) => expect(problems[i]).toMatch(pattern));
});

it('tells that the file is absent', () => {
  expect(() => loadCatalogue('/no/such/file.json', {})).toThrow(/\/no\/such\/file\.json is not usable.*\n.*ENOENT/s);
});

describe('several files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-catalogues-'));
  const own = join(folder, 'own.json');
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are one catalogue: servers and grants of all of them', () => {
    writeFileSync(own, JSON.stringify({ servers: { own: http }, grants: [{ effect: 'deny', tools: ['own/*'] }] }));
    const both = loadCatalogues([file, own], env);
    expect(Object.keys(both.servers)).toEqual(expect.arrayContaining(['filesystem', 'everything', 'own']));
    expect(both.grants).toHaveLength(loadCatalogue(file, env).grants.length + 1);
  });

  it('must not name the same server', () => {
    writeFileSync(own, JSON.stringify({ servers: { everything: http }, grants: [] }));
    expect(() => loadCatalogues([file, own], env)).toThrow(/own\.json.*\n.*servers\.everything: another file/s);
  });
});
