import { createHash } from 'node:crypto';
import { HoldfastError } from '@holdfast/contracts/errors';
import { blobHashes, externalise, hydrate, type StoredBlob } from '@holdfast/contracts/messages';
import type { BlobUse } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';

/** Keeps long texts under their hash. Satisfied by persistence's repository behind its tenant door. */
export interface BlobStore {
  /** Texts by hash; a hash that is not there is left out. */
  load(ctx: TenantContext, hashes: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Stores texts and who uses them; one that is there already stays. */
  save(ctx: TenantContext, use: BlobUse, blobs: readonly StoredBlob[]): Promise<void>;
}

/** SHA-256 of the UTF-8 bytes, in hexadecimal digits. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * The value with every reference replaced by its text. No round trip when it holds none.
 * @throws HoldfastError INTERNAL when a text is not there
 */
export async function withTexts<T>(store: BlobStore, ctx: TenantContext, value: T): Promise<T> {
  const hashes = blobHashes(value);
  if (hashes.length === 0) return value;
  return hydrate(value, await textsOf(store, ctx, hashes));
}

/** The value, which will be a thread's, with every long text stored and replaced by its reference. No round trip when it holds none. */
export async function withReferences<T>(store: BlobStore, ctx: TenantContext, { threadId }: { readonly threadId: string }, value: T): Promise<T> {
  const { value: short, blobs } = externalise(value, sha256Hex);
  if (blobs.length > 0) await store.save(ctx, { ownerId: threadId }, blobs);
  return short as T;
}

/**
 * Notes that a thread uses every text that a value refers to, which another one's call has stored. No round trip when it refers to none.
 * @throws HoldfastError INTERNAL when a text is not there
 */
export async function noteUses(store: BlobStore, ctx: TenantContext, { threadId }: { readonly threadId: string }, value: unknown): Promise<void> {
  const hashes = blobHashes(value);
  if (hashes.length === 0) return;
  const bodies = await textsOf(store, ctx, hashes);
  // With the bodies: a text that goes between reading and this is there again.
  await store.save(ctx, { ownerId: threadId }, [...bodies].map(([hash, body]) => ({ hash, body, bytes: Buffer.byteLength(body) })));
}

/** @throws HoldfastError INTERNAL when one is not there: it was stored before its reference was, so it was lost since */
async function textsOf(store: BlobStore, ctx: TenantContext, hashes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const bodies = await store.load(ctx, hashes);
  const missing = hashes.filter((hash) => !bodies.has(hash));
  if (missing.length > 0) {
    throw new HoldfastError('INTERNAL', `The text ${missing[0]} of this thread is not in the database any more.`, { details: { missing: missing.length } });
  }
  return bodies;
}
