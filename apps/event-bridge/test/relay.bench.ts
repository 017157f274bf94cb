// Measures the relay on the real PostgreSQL (a database of its own) and a NATS of its own (sync_interval: always):
//   node --import @swc-node/register/esm-register test/relay.bench.ts [rows]      (SWC_NODE_PROJECT=tsconfig.json, DATABASE_URL_*)
// Prints one JSON line per case: events/s while a backlog drains, and events/s that trickle in; CPU per event by process.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppProcess, bundleForTest, OwnNatsServer } from '@holdfast/testing';
import { OwnDatabase } from './own-database';

const rows = Number(process.argv[2] ?? 20_000);
const ROWS_PER_RUN = 10;
const TICKS_PER_SECOND = 100;

/** User and system time of a process so far, in ms. */
function cpuMs(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

const database = await OwnDatabase.create();
const nats = await OwnNatsServer.start();
const bundles = await bundleForTest(join(import.meta.dirname, '..'), 'src/main');
const tenantId = randomUUID();
await database.query(`INSERT INTO executions.tenants (tenant_id, slug, name) VALUES ($1, 'bench', 'bench')`, [tenantId], tenantId);

/** Journal rows of about 400 bytes of data, as a step with a small frame has. */
async function write(count: number): Promise<void> {
  await database.query(
    `INSERT INTO executions.run_events (tenant_id, run_id, thread_id, seq, type, time, data)
     SELECT $1, r.id, r.id, s, 'run.step-completed.v1', now(), $3
     FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $2 / ${ROWS_PER_RUN})) AS r, generate_series(1, ${ROWS_PER_RUN}) AS s`,
    [tenantId, count, JSON.stringify({ step: 1, checkpoint_id: null, parent_checkpoint_id: null, frames: [{ ns: [], mode: 'updates', data: 'x'.repeat(300) }] })],
    tenantId,
  );
}

function figure(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1] ?? 0);
}

async function measure(name: string, work: () => Promise<void>): Promise<void> {
  const bridge = AppProcess.start(bundles['src/main'], { HEALTH_PORT: '0', DATABASE_URL: database.url('RELAY'), NATS_URL: nats.url });
  while ((await bridge.status('/readyz')) !== 200) await sleep(20);
  await sleep(1500);
  const backends = (await database.asRelay<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'event-bridge'`)).map(({ pid }) => pid);
  const read = async (): Promise<{ published: number; bridge: number; nats: number; postgres: number }> => {
    const text = await bridge.text('/metrics');
    return {
      published: figure(text, 'holdfast_relay_published_total'),
      bridge: figure(text, 'process_cpu_seconds_total') * 1000,
      nats: cpuMs(nats.pid),
      postgres: backends.reduce((sum, pid) => sum + cpuMs(pid), 0),
    };
  };
  const before = await read();
  let begun = performance.now();
  await work();
  // A backlog is one transaction: it shows when it is written, and only then is there something to relay.
  if (name === 'backlog') begun = performance.now();
  const waiting = async (): Promise<number> => Number((await database.asRelay<{ n: string }>('SELECT count(*) AS n FROM executions.run_events WHERE published_at IS NULL'))[0]?.n);
  while ((await waiting()) > 0) await sleep(20);
  const seconds = (performance.now() - begun) / 1000;
  const after = await read();
  const events = after.published - before.published;
  const per = (key: 'bridge' | 'nats' | 'postgres'): number => Math.round(((after[key] - before[key]) * 1000) / events);
  const cpu = { bridge_us: per('bridge'), nats_us: per('nats'), postgres_backend_us: per('postgres') };
  console.log(JSON.stringify({ case: name, events, seconds: Math.round(seconds * 100) / 100, per_second: Math.round(events / seconds), cpu_per_event: cpu, load1: loadavg()[0] }));
  await bridge.end('SIGTERM');
}

try {
  await measure('backlog', () => write(rows));
  await measure('trickle of 10 rows every 20 ms', async () => {
    for (let i = 0; i < rows / 40; i += 1) {
      await write(ROWS_PER_RUN);
      await sleep(20);
    }
  });
} finally {
  await nats.killAndEmpty();
  await database.drop();
}
