// Compares doors for one commitProgress: Prisma's interactive transaction, pg with BEGIN/COMMIT, pg pipelined, one statement.
//   DATABASE_URL_OWNER=… DATABASE_URL_GATEWAY=… DATABASE_URL_WORKER=… node --import @swc-node/register/esm-register bench/commit-door.ts
// SERVER_PID=<postmaster> adds the server's CPU (Linux).
import { readdirSync, readFileSync } from 'node:fs';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { v4, v7 } from 'uuid';
import { PrismaClient } from '../src/generated/client';
import { createDatabase, RunJournal, RunsRepository } from '../src/index';
import { provisionTenant } from '../src/provisioning';

const need = (name: string): string => process.env[name] ?? (() => { throw new Error(name); })();
const workerUrl = need('DATABASE_URL_WORKER');
const owner = new pg.Client(need('DATABASE_URL_OWNER'));
await owner.connect();
const { tenantId } = await provisionTenant(owner, { slug: `bench-${Date.now()}`, name: 'bench', principalId: 'bench', roles: [] });
await owner.end();
const scope = { tenantId };

const gateway = createDatabase({ url: need('DATABASE_URL_GATEWAY'), maxConnections: 8, applicationName: 'bench-gateway' });
const worker = createDatabase({ url: workerUrl, maxConnections: 8, applicationName: 'bench-worker' });
const runs = new RunsRepository(gateway);
const journal = new RunJournal(worker);
const pool = new pg.Pool({ connectionString: workerUrl, max: 8 });
const piped = new pg.Pool({ connectionString: workerUrl, max: 8, pipeline: true } as pg.PoolConfig);
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: workerUrl, max: 8 }) });

const text = 'x'.repeat(1500);
const events = JSON.stringify([
  { type: 'run.step-completed.v1', data: { step: 1, checkpoint_id: 'c', parent_checkpoint_id: null, frames: [{ ns: [], mode: 'updates', data: { plan: { messages: [{ type: 'ai', content: text }] } } }] } },
]);
const values = JSON.stringify({ messages: Array.from({ length: 4 }, () => ({ type: 'ai', content: text })) });
const saved = JSON.stringify({ v: 1, data: values + values });
const params = (runId: string, threadId: string, commit: number): unknown[] => [
  tenantId, threadId, runId, commit, null, null, events,
  JSON.stringify({ checkpointId: v4(), parentCheckpointId: null, step: commit, source: 'loop', next: ['a'], tasks: [], metadata: {} }), values, saved, null, null,
];
const CALL = 'SELECT * FROM executions.commit_progress($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)';
const ONE = CALL.replace('$1', `set_config('app.tenant_id', $1, true)`);
const BEGIN = `BEGIN; SELECT set_config('app.tenant_id', '${tenantId}', true)`;

type Door = (runId: string, threadId: string, commit: number) => Promise<unknown>;
const doors: Record<string, Door> = {
  'prisma interactive': (r, t, c) =>
    prisma.$transaction(async (tx) => {
      await tx.$queryRawUnsafe(`SELECT set_config('app.tenant_id', $1, true)`, tenantId);
      return tx.$queryRawUnsafe(CALL.replace('$2', '$2::uuid').replace('$3', '$3::uuid').replace('$7', '$7::jsonb').replace('$8', '$8::jsonb').replace('$9', '$9::jsonb').replace('$11', '$11::jsonb').replace('$12', '$12::jsonb').replace('$4', '$4::int'), ...params(r, t, c));
    }),
  'pg, begin/commit': async (r, t, c) => {
    const client = await pool.connect();
    try {
      await client.query(BEGIN);
      await client.query({ name: 'call', text: CALL, values: params(r, t, c) });
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  },
  'pg, pipelined': async (r, t, c) => {
    const client = await piped.connect();
    try {
      await Promise.all([client.query(BEGIN), client.query({ name: 'call', text: CALL, values: params(r, t, c) }), client.query('COMMIT')]);
    } finally {
      client.release();
    }
  },
  'pg, one statement': async (r, t, c) => {
    const client = await pool.connect();
    try {
      await client.query({ name: 'one', text: ONE, values: params(r, t, c) });
    } finally {
      client.release();
    }
  },
};

const serverCpu = (): number => {
  const postmaster = process.env['SERVER_PID'];
  if (postmaster === undefined) return 0;
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((p) => /^\d+$/.test(p))) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      if (fields[1] === postmaster || pid === postmaster) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // gone meanwhile
    }
  }
  return ticks * 10;
};

const drive = async (door: Door, lanes: number, commits: number): Promise<string> => {
  const times: number[] = [];
  const made = await Promise.all(
    Array.from({ length: lanes }, async () => {
      const runId = v7(), threadId = v7();
      await runs.createRun(scope, { runId, threadId, assistantId: v4(), graphId: 'g', kwargs: {}, metadata: {}, multitaskStrategy: 'enqueue', ifNotExists: 'create' });
      await journal.beginRun(scope, { tenantId, runId, threadId, workflowId: 'w', workflowRunId: 'r', buildId: 'b' });
      return { runId, threadId };
    }),
  );
  const cpu = process.cpuUsage(), server = serverCpu(), start = performance.now();
  await Promise.all(made.map(async ({ runId, threadId }) => {
    for (let c = 1; c <= commits; c++) {
      const t0 = performance.now();
      await door(runId, threadId, c);
      times.push(performance.now() - t0);
    }
  }));
  const wall = performance.now() - start, used = process.cpuUsage(cpu), n = lanes * commits;
  times.sort((a, b) => a - b);
  return `p50 ${times[Math.floor(n / 2)]?.toFixed(2)} ms  p95 ${times[Math.floor(n * 0.95)]?.toFixed(2)} ms  ${(n / wall * 1000).toFixed(0)}/s  client CPU ${((used.user + used.system) / 1000 / n).toFixed(2)} ms  server CPU ${((serverCpu() - server) / n).toFixed(2)} ms`;
};

for (const lanes of [1, 8]) {
  for (const door of Object.values(doors)) await drive(door, lanes, 50);
  for (let round = 0; round < 2; round++) for (const [name, door] of Object.entries(doors)) console.log(lanes, name.padEnd(20), await drive(door, lanes, 400 / lanes + 100));
}
process.exit(0);
