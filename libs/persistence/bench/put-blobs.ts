// Cost of noting who uses a blob: putMany against the plain insert that it replaced, in turns, so that both meet the same machine.
//   DATABASE_URL_OWNER=… DATABASE_URL_WORKER=… node --import @swc-node/register/esm-register bench/put-blobs.ts
import { createHash } from 'node:crypto';
import pg from 'pg';
import { v7 } from 'uuid';
import { BlobsRepository, createDatabase } from '../src/index';
import { provisionTenant } from '../src/provisioning';

const need = (name: string): string => process.env[name] ?? (() => { throw new Error(name); })();
const owner = new pg.Client(need('DATABASE_URL_OWNER'));
await owner.connect();
const { tenantId } = await provisionTenant(owner, { slug: `bench-${Date.now()}`, name: 'bench', principalId: 'bench', roles: [] });
await owner.end();
const scope = { tenantId };
const worker = createDatabase({ url: need('DATABASE_URL_WORKER'), maxConnections: 8, applicationName: 'bench-worker' });
const blobs = new BlobsRepository(worker);

interface Text {
  readonly hash: string;
  readonly body: string;
}
/** A reply and two parts of a list. */
const texts = (): Text[] => [4_000, 12_000, 12_000].map((length) => {
  const body = v7().repeat(Math.ceil(length / 36));
  return { hash: `sha256:${createHash('sha256').update(body).digest('hex')}`, body };
});
const plain = (all: readonly Text[]): Promise<unknown> => worker.withTenant(scope, (tx) => tx.query(
  `INSERT INTO executions.blobs (tenant_id, hash, bytes, body, counted)
   SELECT $1, b.hash, octet_length(b.body), b.body, true FROM unnest($2::text[], $3::bytea[]) AS b (hash, body) ON CONFLICT DO NOTHING`,
  [tenantId, all.map(({ hash }) => hash), all.map(({ body }) => Buffer.from(body))],
));
const threadId = v7();
const counted = (all: readonly Text[]): Promise<unknown> => blobs.putMany(scope, { ownerId: threadId }, all);

const times: Record<string, number[]> = {};
async function timed(name: string, put: (all: readonly Text[]) => Promise<unknown>, all: readonly Text[]): Promise<void> {
  const begun = performance.now();
  await put(all);
  (times[name] ??= []).push(performance.now() - begun);
}
for (let round = 0; round < 500; round += 1) {
  const [one, two] = [texts(), texts()];
  const pair: [string, typeof plain, Text[]][] = [['plain', plain, one], ['counted', counted, two]];
  for (const [name, put, all] of round % 2 === 0 ? pair : pair.toReversed()) {
    await timed(`${name}, new`, put, all);
    await timed(`${name}, again`, put, all);
  }
}
for (const [name, all] of Object.entries(times)) {
  const sorted = all.slice(50).sort((a, b) => a - b);
  console.log(`${name}: p50 ${sorted[Math.floor(sorted.length / 2)]!.toFixed(2)} ms, p95 ${sorted[Math.floor(sorted.length * 0.95)]!.toFixed(2)} ms`);
}
await worker.close();
