// Cost of a run's whole way through the database: createRun, beginRun, four commits.
//   DATABASE_URL_OWNER=… DATABASE_URL_GATEWAY=… DATABASE_URL_WORKER=… node --import @swc-node/register/esm-register bench/run-path.ts
import pg from 'pg';
import { v4, v7 } from 'uuid';
import { createDatabase, RunJournal, RunsRepository, type CheckpointDraft } from '../src/index';
import { provisionTenant } from '../src/provisioning';

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

const owner = new pg.Client(need('DATABASE_URL_OWNER'));
await owner.connect();
const { tenantId } = await provisionTenant(owner, { slug: `bench-${v7()}`, name: 'bench', principalId: 'bench', roles: [] });
await owner.end();
const gateway = createDatabase({ url: need('DATABASE_URL_GATEWAY'), maxConnections: 8, applicationName: 'bench-gateway' });
const worker = createDatabase({ url: need('DATABASE_URL_WORKER'), maxConnections: 8, applicationName: 'bench-worker' });
const runs = new RunsRepository(gateway);
const journal = new RunJournal(worker);
const scope = { tenantId };
const text = 'x'.repeat(1_500);
const times = new Map<string, number[]>();

async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
  const begun = performance.now();
  await work();
  const list = times.get(name) ?? [];
  list.push(performance.now() - begun);
  times.set(name, list);
}

function checkpoint(step: number): CheckpointDraft {
  const values = { messages: Array.from({ length: step + 1 }, () => ({ type: 'ai', content: text })) };
  return { checkpointId: v4(), parentCheckpointId: null, step, source: 'loop', values, next: [], tasks: [], metadata: { step }, saved: JSON.stringify([values, values]) };
}

async function oneRun(): Promise<void> {
  const ref = { tenantId, runId: v7(), threadId: v7() };
  const input = { messages: [{ role: 'user', content: text }] };
  await timed('createRun', () =>
    runs.createRun(scope, { ...ref, assistantId: v4(), graphId: 'g', kwargs: { input }, metadata: {}, multitaskStrategy: 'enqueue', ifNotExists: 'create' }),
  );
  await timed('beginRun', () => journal.beginRun(scope, { ...ref, workflowId: 'w', workflowRunId: 'r', buildId: 'b' }));
  for (let commit = 1; commit <= 4; commit++) {
    const frames = [{ ns: [], mode: 'updates' as const, data: { plan: { messages: [{ type: 'ai', content: text }] } } }];
    await timed('commitProgress', () =>
      journal.commitProgress(scope, {
        ...ref,
        commit,
        events: [{ type: 'run.step-completed.v1', data: { step: commit, checkpoint_id: null, parent_checkpoint_id: null, frames } }],
        checkpoints: [checkpoint(commit)],
        ...(commit === 4 ? { end: { status: 'success', steps: 4 } } : {}),
      }),
    );
  }
}

for (const lanes of [1, 8]) {
  for (const measured of [false, true]) {
    times.clear();
    const runsPerLane = Math.ceil((measured ? 240 : 40) / lanes);
    const cpu = process.cpuUsage();
    const begun = performance.now();
    await Promise.all(Array.from({ length: lanes }, async () => { for (let i = 0; i < runsPerLane; i++) await oneRun(); }));
    if (!measured) continue;
    const total = lanes * runsPerLane;
    const used = process.cpuUsage(cpu);
    const p50 = [...times].map(([name, list]) => `${name} p50 ${list.sort((a, b) => a - b)[Math.floor(list.length / 2)]?.toFixed(2)} ms`);
    const perRun = ((used.user + used.system) / 1_000 / total).toFixed(2);
    process.stdout.write(`${lanes} lane(s): ${p50.join(', ')}; client CPU ${perRun} ms/run; ${((total * 1_000) / (performance.now() - begun)).toFixed(0)} runs/s\n`);
  }
}
await Promise.all([gateway.close(), worker.close()]);
