import type { StoredBlob } from '@holdfast/contracts/messages';
import type { BlobsRepository, BlobUse } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { LRUCache } from 'lru-cache';
import type { BlobStore } from './blob-texts';

/** Most characters of texts that are kept in memory: a conversation's texts are needed by every one of its model calls. */
const CACHE_CHARACTERS = 16 * 1024 * 1024;

/** Texts in PostgreSQL, with the recently used ones in memory (they never change: the key is their hash). */
export class PostgresBlobStore implements BlobStore {
  // Keyed by tenant and hash: a tenant that guesses a hash must not read another one's text.
  readonly #recent = new LRUCache<string, string>({ maxSize: CACHE_CHARACTERS, sizeCalculation: (text) => text.length + 100 });

  constructor(private readonly repository: Pick<BlobsRepository, 'putMany' | 'getMany'>) {}

  /** See {@link BlobStore.load}. */
  async load(ctx: TenantContext, hashes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const hash of hashes) {
      const text = this.#recent.get(keyOf(ctx, hash));
      if (text !== undefined) found.set(hash, text);
    }
    const missing = hashes.filter((hash) => !found.has(hash));
    if (missing.length === 0) return found;
    for (const [hash, text] of await this.repository.getMany(ctx, missing)) {
      found.set(hash, text);
      this.#recent.set(keyOf(ctx, hash), text);
    }
    return found;
  }

  /** See {@link BlobStore.save}. */
  async save(ctx: TenantContext, use: BlobUse, blobs: readonly StoredBlob[]): Promise<void> {
    await this.repository.putMany(ctx, use, blobs);
    for (const { hash, body } of blobs) this.#recent.set(keyOf(ctx, hash), body);
  }
}

function keyOf(ctx: TenantContext, hash: string): string {
  return `${ctx.tenantId}|${hash}`;
}
