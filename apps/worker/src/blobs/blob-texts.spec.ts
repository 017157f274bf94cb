import { INLINE_LIMIT_BYTES } from '@holdfast/contracts';
import { isBlobRef, type MessageDto, type StoredBlob } from '@holdfast/contracts/messages';
import type { BlobUse } from '@holdfast/persistence';
import { systemContext, type TenantContext } from '@holdfast/tenant-context';
import { type BlobStore, sha256Hex, withReferences, withTexts } from './blob-texts';
import { PostgresBlobStore } from './postgres-blob-store';

const ALICE = systemContext('01900000-0000-7000-8000-00000000000a', 'test', 'r');
const BOB = systemContext('01900000-0000-7000-8000-00000000000b', 'test', 'r');

const THREAD = { threadId: '01900000-0000-7000-8000-00000000000c' };

/** Rows of a table, as PostgreSQL would keep them. */
function table(): { rows: Map<string, string>; reads: string[][]; putMany: (ctx: TenantContext, use: BlobUse, blobs: readonly { hash: string; body: string }[]) => Promise<void>; getMany: (ctx: TenantContext, hashes: readonly string[]) => Promise<Map<string, string>> } {
  const rows = new Map<string, string>();
  const reads: string[][] = [];
  return {
    rows,
    reads,
    putMany: async (ctx, _use, blobs) => void blobs.forEach((blob) => rows.set(`${ctx.tenantId}${blob.hash}`, blob.body)),
    getMany: async (ctx, hashes) => {
      reads.push([...hashes]);
      return new Map(hashes.flatMap((hash) => (rows.has(ctx.tenantId + hash) ? [[hash, rows.get(ctx.tenantId + hash) ?? ''] as const] : [])));
    },
  };
}

describe('long texts', () => {
  const long = 'ü'.repeat(INLINE_LIMIT_BYTES);
  const message: MessageDto = { type: 'tool', content: long, tool_call_id: 'c', id: 'm' };

  it('go out as references and come back whole', async () => {
    const store = new PostgresBlobStore(table());
    const short = await withReferences<MessageDto>(store, ALICE, THREAD, message);
    expect(JSON.stringify(short).length).toBeLessThan(700);
    expect(Array.isArray(short.content) && isBlobRef(short.content[0])).toBe(true);
    expect(await withTexts(store, ALICE, short)).toEqual(message);
  });

  it('cost no round trip when there are none', async () => {
    const refuse = (): never => {
      throw new Error('no round trip expected');
    };
    const store: BlobStore = { load: refuse, save: refuse };
    const value = { messages: [{ type: 'human', content: 'hi' }] };
    expect(await withReferences(store, ALICE, THREAD, value)).toBe(value);
    expect(await withTexts(store, ALICE, value)).toBe(value);
  });

  it('are read once and then kept in memory', async () => {
    const rows = table();
    const short = await withReferences<MessageDto>(new PostgresBlobStore(rows), ALICE, THREAD, message);
    const store = new PostgresBlobStore(rows);
    await withTexts(store, ALICE, short);
    await withTexts(store, ALICE, short);
    expect(rows.reads).toHaveLength(1);
  });

  it('of one tenant are not there for another one, even in memory', async () => {
    const store = new PostgresBlobStore(table());
    const short = await withReferences(store, ALICE, THREAD, message);
    await expect(withTexts(store, BOB, short)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('are stored under the hash of their bytes', async () => {
    const saved: StoredBlob[] = [];
    const store: BlobStore = { load: async () => new Map(), save: async (_ctx, use, blobs) => (expect(use).toEqual({ ownerId: THREAD.threadId }), void saved.push(...blobs)) };
    await withReferences(store, ALICE, THREAD, { note: long });
    expect(saved).toEqual([{ hash: `sha256:${sha256Hex(long)}`, bytes: long.length * 2, body: long }]);
  });
});
