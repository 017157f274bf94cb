import { KEPT_APART_PREFIX, UNRECORDED_PREFIX } from '@holdfast/agent-runtime/api';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { StoredBlob } from '@holdfast/contracts/messages';
import { systemContext, type TenantContext } from '@holdfast/tenant-context';
import { ExternalStorage, type Payload, type StorageDriver, StorageDriverClaim, type StorageDriverTargetInfo } from '@temporalio/common';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { type BlobStore, sha256Hex } from '../blobs/blob-texts';
import { chunksOf } from './chunks';

/** From this size on a payload is kept apart from the history that it belongs to, bytes. */
export const BY_REFERENCE_BYTES = 16 * 1024;

/** What asks for it ({@link KEPT_APART_PREFIX}) is, from this size on, bytes. */
const ASKED_FOR_BYTES = 1024;

/** Uses of chunks that are known to be stored; the older part of a conversation is in every turn's payload. */
const KNOWN_CHUNKS = 50_000;

/** How long a use is known: much shorter than a use lasts, and than retention waits before it deletes what has none. */
const KNOWN_MS = 3_600_000;

/** How long a chunk is kept when its thread rests: longer than Temporal keeps a history that is over. */
const KEPT_DAYS = 30;

const ENCODING = 'json/plain';
const UNRECORDED = Buffer.from(UNRECORDED_PREFIX);
const KEPT_APART = Buffer.from(KEPT_APART_PREFIX);
const OWNER = /^t\/([0-9a-f-]{36})\/th\/([0-9a-f-]{36})(?:\/|$)/;
const claimSchema = z.object({ tenant: z.guid(), list: z.string() });
const listSchema = z.array(z.string());

/**
 * Keeps payloads in PostgreSQL, cut into chunks by content, so that a turn of a long conversation stores what is new in it; a history holds the
 * hash of the list of chunks. What is stored is never changed, so a replay reads what the first execution read.
 */
export class PayloadStore implements StorageDriver {
  readonly name = 'holdfast-blobs';
  readonly type = 'holdfast.blobs';
  readonly #known = new LRUCache<string, true>({ max: KNOWN_CHUNKS, ttl: KNOWN_MS });

  constructor(private readonly blobs: BlobStore) {}

  /** See StorageDriver. @throws HoldfastError of the database */
  async store({ target }: { readonly target?: StorageDriverTargetInfo }, payloads: Payload[]): Promise<StorageDriverClaim[]> {
    const owner = ownerOf(target);
    if (owner === undefined) throw new HoldfastError('INTERNAL', `a payload of ${target?.id ?? 'nobody'} has no thread`);
    const ctx = contextOf(owner.tenantId);
    return Promise.all(payloads.map((payload) => this.#put(ctx, owner.threadId, payload)));
  }

  /** See StorageDriver. @throws HoldfastError of the database, INTERNAL when a chunk is gone */
  async retrieve(_: unknown, claims: StorageDriverClaim[]): Promise<Payload[]> {
    return Promise.all(claims.map(({ claimData }) => this.#get(claimSchema.parse(claimData))));
  }

  async #put(ctx: TenantContext, threadId: string, { data }: Payload): Promise<StorageDriverClaim> {
    const chunks = chunksOf(Buffer.from(data ?? []).toString('utf8')).map(blobOf);
    const list = blobOf(JSON.stringify(chunks.map(({ hash }) => hash)));
    const keyOf = (hash: string): string => `${ctx.tenantId}|${threadId}|${hash}`;
    const unknown = [...chunks, list].filter(({ hash }) => !this.#known.has(keyOf(hash)));
    if (unknown.length > 0) await this.blobs.save(ctx, { ownerId: threadId, keptDays: KEPT_DAYS }, unknown);
    for (const { hash } of unknown) this.#known.set(keyOf(hash), true);
    return new StorageDriverClaim({ tenant: ctx.tenantId, list: list.hash });
  }

  async #get({ tenant, list }: z.infer<typeof claimSchema>): Promise<Payload> {
    const ctx = contextOf(tenant);
    const hashes = listSchema.parse(JSON.parse((await this.#load(ctx, [list]))[0]!));
    const text = (await this.#load(ctx, hashes)).join('');
    return { metadata: { encoding: Buffer.from(ENCODING) }, data: Buffer.from(text, 'utf8') };
  }

  async #load(ctx: TenantContext, hashes: readonly string[]): Promise<string[]> {
    const found = await this.blobs.load(ctx, hashes);
    return hashes.map((hash) => {
      const body = found.get(hash);
      if (body === undefined) throw new HoldfastError('INTERNAL', `a part of a history (${hash}) is not in the database any more`);
      return body;
    });
  }
}

/** What the Temporal worker, its client and replays of its histories are given, as `dataConverter.externalStorage`. */
export function payloadStorage(blobs: BlobStore): ExternalStorage {
  const store = new PayloadStore(blobs);
  return new ExternalStorage({
    drivers: [store],
    payloadSizeThreshold: ASKED_FOR_BYTES,
    driverSelector: ({ target }, payload) => (ownerOf(target) !== undefined && isKeptApart(payload) ? store : null),
  });
}

/** False for what is short, for arguments of local activities, and for what is no JSON. */
function isKeptApart({ metadata, data }: Payload): boolean {
  const encoding = metadata?.['encoding'];
  if (data == null || encoding == null || Buffer.from(encoding).toString() !== ENCODING) return false;
  if (data.length < BY_REFERENCE_BYTES) return KEPT_APART.equals(data.subarray(0, KEPT_APART.length));
  return !UNRECORDED.equals(data.subarray(0, UNRECORDED.length));
}

/** Ids of workflows of threads, and of their sub-agents, begin with tenant and thread. */
function ownerOf(target: StorageDriverTargetInfo | undefined): { readonly tenantId: string; readonly threadId: string } | undefined {
  const [, tenantId, threadId] = (target?.kind === 'workflow' ? OWNER.exec(target.id ?? '') : null) ?? [];
  return tenantId === undefined || threadId === undefined ? undefined : { tenantId, threadId };
}

function contextOf(tenantId: string): TenantContext {
  return systemContext(tenantId, 'runtime', 'payloads');
}

function blobOf(body: string): StoredBlob {
  return { hash: `sha256:${sha256Hex(body)}`, bytes: Buffer.byteLength(body), body };
}
