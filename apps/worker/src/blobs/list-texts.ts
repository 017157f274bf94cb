import { type ProgressBatch, savedLists } from '@holdfast/agent-runtime/api';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { TenantContext } from '@holdfast/tenant-context';
import type { BlobStore } from './blob-texts';

/**
 * Texts of the lists that a saved state names, for the workflow that goes on from it; nothing when it names none.
 * @param kept those that the workflow has
 * @throws HoldfastError INTERNAL when one is not there: it was stored before the state was, so it was lost since
 */
export async function listTexts(store: BlobStore, ctx: TenantContext, saved: string | null, kept: object = {}): Promise<{ lists?: Record<string, string> }> {
  const hashes = savedLists(saved).filter((hash) => !Object.hasOwn(kept, hash));
  if (hashes.length === 0) return {};
  const texts = await store.load(ctx, hashes);
  const missing = hashes.find((hash) => !texts.has(hash));
  if (missing !== undefined) throw new HoldfastError('INTERNAL', `A part of this thread's messages (${missing}) is not in the database any more.`);
  return { lists: Object.fromEntries(texts) };
}

/** Hashes of texts that the newest checkpoint of a commit names, and that must have come with an earlier one. */
export function storedLists({ checkpoints, texts = [] }: Pick<ProgressBatch, 'checkpoints' | 'texts'>): readonly string[] {
  const brought = new Set(texts.map(({ hash }) => hash));
  return savedLists(checkpoints.at(-1)?.saved ?? null).filter((hash) => !brought.has(hash));
}
