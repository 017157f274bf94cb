import { Inject, Injectable } from '@nestjs/common';
import { blobHashes, hydrate, itemsOf, listHashes, withItems } from '@holdfast/contracts/messages';
import { BlobsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { LRUCache } from 'lru-cache';

/** Most characters of lists that are kept in memory: the end of every turn shows the whole conversation. */
const CACHE_CHARACTERS = 8 * 1024 * 1024;

/** A part of a list as it was read. */
interface ReadPart {
  /** Undefined for a text that is no list. */
  readonly items: readonly unknown[] | undefined;
  /** Of texts that the items refer to. */
  readonly references: readonly string[];
  readonly characters: number;
}

/** Puts long texts and lists back in place of their references: clients never see one. */
@Injectable()
export class Hydrator {
  // Keyed by tenant and hash: a tenant that guesses a hash must not read another one's list. What is stored under a hash never changes.
  readonly #recent = new LRUCache<string, ReadPart>({ maxSize: CACHE_CHARACTERS, sizeCalculation: ({ characters }) => characters + 100 });

  constructor(@Inject(BlobsRepository) private readonly blobs: BlobsRepository) {}

  /**
   * The value with all of the tenant's lists and texts in it; at most one query for each of the two. Items of lists are shared with other values:
   * what comes back is to be read only.
   */
  async hydrate<T>(ctx: TenantContext, value: T): Promise<T> {
    const parts = await this.#partsOf(ctx, listHashes(value));
    const hashes = new Set([...blobHashes(value), ...[...parts.values()].flatMap(({ references }) => references)]);
    const whole = parts.size === 0 ? value : withItems(value, ({ $list }) => parts.get($list)?.items);
    if (hashes.size === 0) return whole;
    return hydrate(whole, await this.blobs.getMany(ctx, [...hashes]));
  }

  /** Those that the tenant has. */
  async #partsOf(ctx: TenantContext, hashes: readonly string[]): Promise<ReadonlyMap<string, ReadPart>> {
    const found = new Map<string, ReadPart>();
    for (const hash of hashes) {
      const part = this.#recent.get(`${ctx.tenantId}|${hash}`);
      if (part !== undefined) found.set(hash, part);
    }
    const missing = hashes.filter((hash) => !found.has(hash));
    if (missing.length === 0) return found;
    for (const [hash, text] of await this.blobs.getMany(ctx, missing)) {
      const items = itemsOf(text);
      const part = { items, references: blobHashes(items), characters: text.length };
      this.#recent.set(`${ctx.tenantId}|${hash}`, part);
      found.set(hash, part);
    }
    return found;
  }
}
