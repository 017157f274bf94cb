import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { ThreadClient } from '@holdfast/agent-runtime/client';
import { createDatabase, RunJournal, RunsRepository, CheckpointsRepository } from '@holdfast/persistence';
import { systemContext } from '@holdfast/tenant-context';
const ctx = systemContext(randomUUID(), 'test', 'r');
const db = createDatabase({ url: process.env.DATABASE_URL_GATEWAY!, maxConnections: 2, applicationName: 'x' });
const client = new Client({ connection: await Connection.connect({ address: process.env.TEMPORAL_ADDRESS! }), namespace: 'holdfast' });
const threads = new ThreadClient(client);
const runId = randomUUID(), threadId = randomUUID();
const q = process.argv[2] ?? 'Which packages does this workspace contain and what is each for? Write a short summary.';
const graphId = process.argv[3] ?? 'plan-execute-review';
await new RunsRepository(db).createRun(ctx, { runId, threadId, assistantId: randomUUID(), graphId, kwargs: { input: graphId === 'three-calls' ? { input: q } : { messages: [{ role: 'user', content: q }] }, config: { recursion_limit: 50 } }, metadata: {}, multitaskStrategy: 'enqueue', ifNotExists: 'create' });
const t0 = performance.now();
await threads.deliver(ctx, { threadId, runId, graphId });
const j = new RunJournal(db);
let after = 0;
for (let i = 0; i < 1600; i++) {
  const page = await j.readEvents(ctx, { runId, afterSeq: after });
  for (const e of page?.events ?? []) { after = e.seq; console.log(Math.round(performance.now() - t0), e.seq, e.type, JSON.stringify(e.data).slice(0, Number(process.env.W ?? 220))); }
  if (page && !['pending', 'running'].includes(page.status)) { console.log('STATUS', page.status); break; }
  await new Promise((r) => setTimeout(r, 50));
}
const rows = await db.withTenant(ctx, (tx) => tx.query('select "values", step from executions.checkpoints where thread_id=$1 order by position desc limit 1', [threadId]));
console.log(JSON.stringify((rows[0] as any)?.values?.messages?.at(-1), null, 1));
const blob = (rows[0] as any)?.values?.messages?.at(-1)?.content?.[0]?.$blob;
if (blob) console.log(((await db.withTenant(ctx, (tx) => tx.query('select body from executions.blobs where hash=$1', [blob])))[0] as any).body);
const h = await client.workflow.getHandle(`t/${ctx.tenantId}/th/${threadId}`).describe(); console.log(h.status.name, 'history', h.historyLength, h.historySize);
process.exit(0);
