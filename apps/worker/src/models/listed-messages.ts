import type { ModelRequest } from '@holdfast/agent-runtime/api';
import { HoldfastError } from '@holdfast/contracts/errors';
import { blobHashes, type MessageDto } from '@holdfast/contracts/messages';
import type { TenantContext } from '@holdfast/tenant-context';
import { LRUCache } from 'lru-cache';
import { type BlobStore, withTexts } from '../blobs/blob-texts';

/** Most characters of lists whose messages are kept in memory: a conversation's are needed by every one of its model calls. */
const CACHE_CHARACTERS = 8 * 1024 * 1024;

interface Listed {
  readonly messages: readonly MessageDto[];
  readonly characters: number;
  /** Some are references to texts. */
  readonly hasReferences: boolean;
}

/** Puts the messages of a model call together: its own, and those that it refers to. Lists are read once, and never change (the key is their hash). */
export class ListedMessages {
  // Keyed by tenant and hash: a tenant that guesses a hash must not read another one's messages.
  readonly #recent = new LRUCache<string, Listed>({ maxSize: CACHE_CHARACTERS, sizeCalculation: ({ characters }) => characters + 100 });

  constructor(private readonly blobs: BlobStore) {}

  /**
   * All messages of a call, with their full texts.
   * @throws HoldfastError INTERNAL when a text is not there: it was stored before the call was made, so it was lost since
   */
  async whole(ctx: TenantContext, { messages, lists = [] }: Pick<ModelRequest, 'messages' | 'lists'>): Promise<readonly MessageDto[]> {
    if (lists.length === 0) return withTexts(this.blobs, ctx, messages);
    const listed = await this.#load(ctx, lists.map(({ $list }) => $list));
    const pieces: (readonly MessageDto[])[] = [];
    let from = 0;
    for (const { at, $list } of lists) {
      const { messages: items, hasReferences } = listed.get($list)!;
      pieces.push(messages.slice(from, at), hasReferences ? await withTexts(this.blobs, ctx, items) : items);
      from = at;
    }
    pieces.push(messages.slice(from));
    const own = await withTexts(this.blobs, ctx, pieces.filter((_, i) => i % 2 === 0));
    return pieces.flatMap((piece, i) => (i % 2 === 0 ? own[i / 2]! : piece));
  }

  async #load(ctx: TenantContext, hashes: readonly string[]): Promise<ReadonlyMap<string, Listed>> {
    const found = new Map<string, Listed>();
    for (const hash of hashes) {
      const listed = this.#recent.get(`${ctx.tenantId}|${hash}`);
      if (listed !== undefined) found.set(hash, listed);
    }
    const missing = hashes.filter((hash) => !found.has(hash));
    const texts = missing.length === 0 ? undefined : await this.blobs.load(ctx, missing);
    for (const hash of missing) {
      const text = texts?.get(hash);
      if (text === undefined) throw new HoldfastError('INTERNAL', `A part of this thread's messages (${hash}) is not in the database any more.`);
      const messages = JSON.parse(text) as MessageDto[];
      const listed = { messages, characters: text.length, hasReferences: blobHashes(messages).length > 0 };
      this.#recent.set(`${ctx.tenantId}|${hash}`, listed);
      found.set(hash, listed);
    }
    return found;
  }
}
