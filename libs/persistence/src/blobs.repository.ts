import { createHash } from 'node:crypto';
import { HoldfastError } from '@holdfast/contracts/errors';
import { z } from 'zod';
import type { Database, TenantCall } from './database';
import type { TenantScope } from './tenant-scope';

/** A text under its hash; `StoredBlob` of contracts is one. */
export interface BlobInput {
  /** `sha256:<hex>` of the UTF-8 bytes of the body. */
  readonly hash: string;
  readonly body: string;
}

/** Who refers to blobs, and how long. */
export interface BlobUse {
  /** A thread; or an id of its own, for what is kept for a day at most. Blobs stay until it has been gone for long (docs/guides/retention.md). */
  readonly ownerId: string;
  /** Days after which this use ends, when the thread rests then. Absent: it lasts as long as the owner. */
  readonly keptDays?: number | undefined;
}

const PUT: TenantCall = { name: 'put_blobs', text: `SELECT executions.put_blobs(set_config('app.tenant_id', $1, true), $2, $3, $4, $5)` };

const blobRow = z.object({ hash: z.string(), body: z.instanceof(Uint8Array) });

/** Long texts, content-addressed, per tenant. Kept as bytes: a text column cannot hold U+0000. */
export class BlobsRepository {
  constructor(private readonly db: Database) {}

  /**
   * Stores what is not there yet, and who uses all of it. Before anything refers to a blob, also to one that is known to be stored, its use must be.
   * @throws HoldfastError INVALID_ARGUMENT when a hash is not that of its body
   */
  async putMany(scope: TenantScope, use: BlobUse, blobs: readonly BlobInput[]): Promise<void> {
    if (blobs.length === 0) return;
    // In one order everywhere: two writers of the same texts wait for each other, never in a circle.
    const sorted = [...new Map(blobs.map((blob) => [blob.hash, blob])).values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
    const bodies = sorted.map(({ hash, body }) => checked(hash, Buffer.from(body, 'utf8')));
    await this.db.callTenant(scope, PUT, [use.ownerId, use.keptDays ?? null, sorted.map((blob) => blob.hash), bodies]);
  }

  /** By hash; what is not there is left out. */
  async getMany(scope: TenantScope, hashes: readonly string[]): Promise<Map<string, string>> {
    if (hashes.length === 0) return new Map();
    const rows = await this.db.withTenant(scope, (tx) => tx.query(`SELECT hash, body FROM executions.blobs WHERE hash = ANY($1)`, [hashes]));
    return new Map(
      z
        .array(blobRow)
        .parse(rows)
        .map((row) => [row.hash, Buffer.from(row.body).toString('utf8')]),
    );
  }
}

function checked(hash: string, body: Buffer): Buffer {
  if (hash !== `sha256:${createHash('sha256').update(body).digest('hex')}`) {
    throw new HoldfastError('INVALID_ARGUMENT', 'a text does not have the hash it is stored under', { details: { hash } });
  }
  return body;
}
