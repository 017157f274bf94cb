// CPU of the router per call, of one build or of several in turn, beside the direct call through the adapter alone:
//   DATABASE_URL_OWNER=… DATABASE_URL_TOOLS=… HOLDFAST_INTERNAL_SECRET=… EVERYTHING_MCP_URL=… \
//     node --import @swc-node/register/esm-register test/call-cost.bench.ts NAME=BUNDLE[,DATABASE] …
// BUNDLE is a main.mjs; DATABASE replaces the database's name, for a build with other migrations. ROUNDS (3), CALLS (3000). SERVER_PID (postmaster)
// adds PostgreSQL's CPU. Linux only: times come from /proc.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { McpServerPool } from '@holdfast/mcp-adapters';
import { ToolRouterClient } from '@holdfast/rpc/client';
import { AppProcess, eventually, freePort } from '@holdfast/testing';

const TICK_MS = 10;
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const CALLS = Number(process.env['CALLS'] ?? 3_000);
const need = (name: string): string => process.env[name] ?? (() => { throw new Error(`${name} is not set`); })();

const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
writeFileSync(join(root, 'two-kilobytes.txt'), 'x'.repeat(2_048));
const filesystem = join(import.meta.dirname, '../../../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js');
const shared = { isolation: 'shared', concurrency: { calls: 64, queue: 512 } };
writeFileSync(
  join(root, 'catalogue.json'),
  JSON.stringify({
    servers: {
      files: { ...shared, transport: { kind: 'stdio', command: process.execPath, args: [filesystem, root] }, tools: { read_text_file: { effect: 'read' } } },
      everything: { ...shared, transport: { kind: 'streamable-http', url: need('EVERYTHING_MCP_URL') }, tools: { echo: { effect: 'read' } } },
    },
    grants: [{ effect: 'allow', tools: ['*'] }],
  }),
);
const CASES = [
  { server: 'files', tool: 'read_text_file', args: { path: join(root, 'two-kilobytes.txt') } },
  { server: 'everything', tool: 'echo', args: { message: 'hello' } },
] as const;

function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** A postmaster with its children; those that have ended count to their parent. */
function postgresTicks(): number {
  const postmaster = process.env['SERVER_PID'];
  if (postmaster === undefined) return 0;
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      if (pid === postmaster) ticks += Number(fields[13]) + Number(fields[14]);
      if (pid === postmaster || fields[1] === postmaster) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has just ended.
    }
  }
  return ticks;
}

async function inParallel(width: number, count: number, work: () => Promise<unknown>): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while ((left -= 1) >= 0) await work();
    }),
  );
}

interface Subject {
  readonly name: string;
  readonly call: (ctx: object, at: (typeof CASES)[number]) => Promise<unknown>;
  /** Milliseconds of CPU so far. */
  readonly cpuMs: () => number;
  readonly stop: () => Promise<void>;
}

async function router(spec: string): Promise<Subject> {
  const [name = '', rest = ''] = spec.split('=');
  const [bundle = '', database] = rest.split(',');
  const url = new URL(need('DATABASE_URL_TOOLS'));
  if (database !== undefined) url.pathname = `/${database}`;
  const port = await freePort();
  const app = AppProcess.start(bundle, {
    HOST: '127.0.0.1', GRPC_PORT: String(port), HEALTH_PORT: '0', LOG_LEVEL: 'info', NODE_ENV: 'production',
    HOLDFAST_INTERNAL_SECRET: need('HOLDFAST_INTERNAL_SECRET'), DATABASE_URL: url.href, HOLDFAST_TOOL_CATALOGUE: join(root, 'catalogue.json'),
    HOLDFAST_PROTO_DIR: join(import.meta.dirname, '../../../libs/rpc/proto'),
  });
  await app.url;
  await eventually('both servers are connected', async () => (await app.text('/readyz/tool-servers')).match(/"ready"/g)?.length === 2, 30_000);
  const { pid } = app.lines.find((line) => typeof line['url'] === 'string') as { pid: number };
  const client = new ToolRouterClient({ address: `127.0.0.1:${port}`, secret: need('HOLDFAST_INTERNAL_SECRET') });
  const runId = randomUUID();
  let calls = 0;
  return {
    name,
    call: (ctx, { server, tool, args }) =>
      client.callTool(ctx as Parameters<typeof client.callTool>[0], { runId, threadId: runId, callId: `${randomUUID()}#${(calls += 1)}`, name: `${server}__${tool}`, args }),
    cpuMs: () => ticksOf(pid) * TICK_MS,
    stop: async () => {
      client.close();
      await app.end('SIGTERM');
    },
  };
}

async function direct(): Promise<Subject> {
  const pool = new McpServerPool([
    { slug: 'files', spec: { kind: 'stdio', command: process.execPath, args: [filesystem, root] } },
    { slug: 'everything', spec: { kind: 'streamable-http', url: need('EVERYTHING_MCP_URL') } },
  ]);
  pool.start();
  await eventually('both servers are connected', () => pool.states().every(({ status }) => status === 'ready'), 30_000);
  return {
    name: 'direct',
    call: async (_, { server, tool, args }) => pool.get(server)?.call(tool, args, { timeoutMs: 10_000 }),
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
    stop: () => pool.close(),
  };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const subjects = [await direct(), ...(await Promise.all(process.argv.slice(2).map(router)))];
const figures = new Map<string, { cpu: number[]; postgres: number[] }>();
const ctx = { tenantId: randomUUID(), principalId: 'bench', roles: [], requestId: 'bench' };
for (const subject of subjects) for (const at of CASES) await inParallel(32, 1_000, () => subject.call(ctx, at));
for (let round = 1; round <= ROUNDS; round += 1) {
  for (const at of CASES) {
    for (const width of [8, 32]) {
      for (const subject of round % 2 ? subjects : subjects.toReversed()) {
        const [cpu, postgres] = [subject.cpuMs(), postgresTicks()];
        await inParallel(width, CALLS, () => subject.call(ctx, at));
        const key = `${at.server}/${at.tool} c=${width} ${subject.name}`;
        const known = figures.get(key) ?? { cpu: [], postgres: [] };
        known.cpu.push((subject.cpuMs() - cpu) / CALLS);
        known.postgres.push(((postgresTicks() - postgres) * TICK_MS) / CALLS);
        figures.set(key, known);
      }
    }
  }
}
for (const [key, { cpu, postgres }] of figures) {
  const rounds = cpu.map((value) => value.toFixed(2)).join(' ');
  console.log(`${key.padEnd(44)} ${median([...cpu]).toFixed(2)} ms (${rounds})  PostgreSQL ${median(postgres).toFixed(2)} ms`);
}
await Promise.all(subjects.map((subject) => subject.stop()));
rmSync(root, { recursive: true });
process.exit(0);
