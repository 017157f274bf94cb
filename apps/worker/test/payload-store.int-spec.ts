import { randomUUID } from 'node:crypto';
import { keptApart, unrecorded } from '@holdfast/agent-runtime/api';
import { BlobsRepository, type Database } from '@holdfast/persistence';
import { defaultPayloadConverter, type Payload, type StorageDriver, type StorageDriverClaim } from '@temporalio/common';
import { PostgresBlobStore } from '../src/blobs/postgres-blob-store';
import { BY_REFERENCE_BYTES, payloadStorage } from '../src/payloads/payload-store';
import { workerDatabase } from './support';

describe('payloads in PostgreSQL', () => {
  let worker: Database;
  beforeAll(() => {
    worker = workerDatabase();
  });
  afterAll(() => worker.close());

  const targetOf = (tenantId: string) => ({ target: { kind: 'workflow' as const, namespace: 'n', id: `t/${tenantId}/th/${randomUUID()}` } });
  /** As another worker process would see it: with nothing in memory. */
  const fresh = () => payloadStorage(new PostgresBlobStore(new BlobsRepository(worker)));
  const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value)!;
  const conversation = (turns: number) => ({ messages: Array.from({ length: turns }, (_, i) => `message ${i} 😀 ${'word '.repeat(20)}`) });
  const blobsOf = async (tenantId: string) =>
    Number(((await worker.withTenant({ tenantId }, (tx) => tx.query('SELECT sum(bytes)::int AS bytes FROM executions.blobs'))) as { bytes: number | null }[])[0]?.bytes ?? 0);

  it('come back as they were, in another process too, and a longer conversation stores what is new', async () => {
    const tenantId = randomUUID();
    const storage = fresh();
    const [driver] = storage.drivers as [StorageDriver];
    const [short, long] = [payloadOf(conversation(1_000)), payloadOf(conversation(1_001))];
    const claims = [...(await driver.store(targetOf(tenantId), [short])), ...(await driver.store(targetOf(tenantId), [short]))];
    const once = await blobsOf(tenantId);
    claims.push(...(await driver.store(targetOf(tenantId), [long])));
    expect((await blobsOf(tenantId)) - once).toBeLessThan(0.4 * once);
    const [other] = fresh().drivers as [StorageDriver];
    const back = await other.retrieve({}, claims);
    expect(back.map((payload) => defaultPayloadConverter.fromPayload(payload))).toEqual([conversation(1_000), conversation(1_000), conversation(1_001)]);
    expect(back[0]).toEqual({ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(short.data!) });
    expect(Object.values((claims[0] as StorageDriverClaim).claimData).join('').length).toBeLessThan(150);
  });

  it('are those of histories of ours: not the arguments of local activities, and not what has no tenant', () => {
    const storage = fresh();
    const [driver] = storage.drivers;
    const target = targetOf(randomUUID());
    expect(storage.driverSelector(target, payloadOf(conversation(300)))).toBe(driver);
    expect(storage.driverSelector(target, payloadOf(unrecorded(conversation(300))))).toBeNull();
    const short = conversation(BY_REFERENCE_BYTES / 1_000);
    expect(payloadOf(short).data!.length).toBeGreaterThan(storage.payloadSizeThreshold);
    expect(storage.driverSelector(target, payloadOf(short))).toBeNull();
    expect(storage.driverSelector(target, payloadOf(keptApart({ ...short })))).toBe(driver);
    expect(storage.driverSelector({ target: { ...target.target, id: 'other' } }, payloadOf(conversation(300)))).toBeNull();
    expect(storage.driverSelector({}, payloadOf(conversation(300)))).toBeNull();
    expect(storage.driverSelector(target, payloadOf(new Uint8Array(20_000)))).toBeNull();
  });

  it('of a tenant are not read with the claim of another', async () => {
    const [driver] = fresh().drivers as [StorageDriver];
    const [claim] = await driver.store(targetOf(randomUUID()), [payloadOf(conversation(300))]);
    const stolen = { claimData: { ...claim!.claimData, tenant: randomUUID() } };
    await expect((fresh().drivers[0] as StorageDriver).retrieve({}, [stolen])).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
