import { randomUUID } from 'node:crypto';
import type { CallRef, ModelReply, ModelRequest } from '@holdfast/agent-runtime/api';
import { HoldfastError } from '@holdfast/contracts/errors';
import { BlobsRepository, type Database, ModelCallsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { withReferences } from '../src/blobs/blob-texts';
import { PostgresBlobStore } from '../src/blobs/postgres-blob-store';
import { type Attempt, type LedgerParts, throughLedger } from '../src/models/model-ledger';
import { aCall, workerDatabase } from './support';

const reply = (content: string): ModelReply => ({ message: { type: 'ai', id: 'm', content }, model: 'm' });

describe('the ledger of model calls, on PostgreSQL', () => {
  let database: Database;
  let repeats: object[];
  let parts: LedgerParts;
  beforeAll(() => {
    database = workerDatabase();
  });
  afterAll(() => database.close());
  beforeEach(() => {
    repeats = [];
    const blobs = new PostgresBlobStore(new BlobsRepository(database));
    parts = { calls: new ModelCallsRepository(database), blobs, owner: 'test', log: { warn: (fields) => void repeats.push(fields) } };
  });

  /** A call of a run, made as often as asked; each attempt answers what it is told to. */
  function aModelCall(changes: Partial<ModelRequest> = {}) {
    const { ref, scope, ctx } = aCall();
    const asked: number[] = [];
    const request: ModelRequest = { ref, messages: [{ type: 'human', content: 'Hello' }], stream: true, ...changes };
    const make = (answer: (attempt: Attempt) => Promise<ModelReply>, changed: Partial<ModelRequest> = {}) =>
      throughLedger(parts, { ...request, ...changed }, scope, (attempt) => (asked.push(attempt.number), answer(attempt)));
    const speak = (content: string) => async (attempt: Attempt) => {
      await attempt.finish(reply(content));
      return reply(content);
    };
    return { ref, ctx, asked, make, speak };
  }

  it('makes a call once, and gives its reply to everyone who makes it again', async () => {
    const { asked, make, speak } = aModelCall();
    const first = await make(speak('one\u0000 "two" \ud83d\ude00'));
    expect(await make(speak('another'))).toEqual(first);
    expect([asked, repeats]).toEqual([[1], []]);
  });

  it('makes it again when the attempt before ended without a reply, which repeats nothing', async () => {
    const { asked, make, speak } = aModelCall();
    await expect(make(() => Promise.reject(new HoldfastError('MODEL_RATE_LIMITED', 'slow down')))).rejects.toMatchObject({ code: 'MODEL_RATE_LIMITED' });
    expect(await make(speak('now'))).toEqual(reply('now'));
    expect([asked, repeats]).toEqual([[1, 2], []]);
  });

  it('reports a repeat when the attempt before never told how it ended, and takes the last word only', async () => {
    const { asked, make, speak } = aModelCall();
    let overtaken: (() => void) | undefined;
    const lost = make(async (attempt) => {
      await new Promise<void>((resolve) => (overtaken = resolve));
      return (await attempt.finish(reply('late'))) ? reply('late') : reply('dropped');
    });
    while (overtaken === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await make(speak('second'))).toEqual(reply('second'));
    overtaken();
    expect(await lost).toEqual(reply('second'));
    expect(asked).toEqual([1, 2]);
    expect(repeats).toEqual([expect.objectContaining({ attempt: 2 })]);
  });

  it('refuses the word of an attempt that another one has overtaken and not finished', async () => {
    const { ref, ctx, make } = aModelCall();
    const fenced = make(async (attempt) => {
      await parts.calls.claim(ctx, { ...ref, requestSha256: 'x', owner: 'other' });
      await attempt.finish(reply('late'));
      return reply('late');
    });
    await expect(fenced).rejects.toMatchObject({ code: 'CALL_FENCED', retryable: true });
    expect(await parts.calls.claim(ctx, { ...ref, requestSha256: 'x', owner: 'third' })).toMatchObject({ fence: 3, repeated: true });
  });

  it('takes another question under the same name for another call', async () => {
    const { asked, make, speak } = aModelCall();
    await make(speak('morning'));
    expect(await make(speak('evening'), { messages: [{ type: 'human', content: 'It is evening' }] })).toEqual(reply('evening'));
    expect([asked, repeats]).toEqual([[1, 2], []]);
  });

  /** Threads that use the blobs of a tenant. */
  async function usersOf({ tenantId }: { readonly tenantId: string }): Promise<unknown[]> {
    const rows = await database.withTenant({ tenantId }, (tx) => tx.query('SELECT owner_id FROM executions.blob_uses ORDER BY owner_id', []));
    return rows.map((row) => (row as { owner_id: string }).owner_id);
  }

  /** Speaks what is too long for a row of the journal. */
  const speakLong = (ctx: TenantContext, ref: CallRef) => async (attempt: Attempt) => {
    const long = await withReferences(parts.blobs, ctx, ref, reply('long '.repeat(10_000)));
    await attempt.finish(long);
    return long;
  };

  it('notes that a copied thread uses the texts of a reply that the call of its source has left', async () => {
    const { ref, ctx, make } = aModelCall();
    const copy = { ...ref, threadId: randomUUID(), runId: randomUUID() };
    const first = await make(speakLong(ctx, ref));
    expect(await make(speakLong(ctx, copy), { ref: copy })).toEqual(first);
    expect(await usersOf(ctx)).toEqual([ref.threadId, copy.threadId].toSorted());
  });

  it('notes it too when the other thread was faster', async () => {
    const { ref, ctx, make } = aModelCall();
    const copy = { ...ref, threadId: randomUUID(), runId: randomUUID() };
    const overtaken = await make(async (attempt) => {
      await make(speakLong(ctx, copy), { ref: copy });
      await attempt.finish(reply('late'));
      return reply('late');
    });
    expect(overtaken.message.content).toMatchObject([{ $blob: expect.any(String) }]);
    expect(await usersOf(ctx)).toEqual([ref.threadId, copy.threadId].toSorted());
  });

  it('keeps runs and tenants apart', async () => {
    const one = aModelCall();
    await one.make(one.speak('mine'));
    const foreign = { ...one.ctx, tenantId: randomUUID() };
    expect(await parts.calls.claim(foreign, { ...one.ref, requestSha256: 'x', owner: 'other' })).toMatchObject({ kind: 'claimed', fence: 1 });
    const other = { ...one.ref, originRunId: randomUUID() };
    expect(await parts.calls.claim(one.ctx, { ...other, requestSha256: 'x', owner: 'other' })).toMatchObject({ kind: 'claimed', fence: 1 });
  });
});
