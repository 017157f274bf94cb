import { createHash } from 'node:crypto';
import { HoldfastError } from '@holdfast/contracts/errors';
import { z } from 'zod';
import type { Database } from './database';
import type { TenantScope } from './tenant-scope';

/** A text under its hash; `StoredBlob` of contracts is one. */
export interface BlobInput {
  /** `sha256:<hex>` of the UTF-8 bytes of the body. */
  readonly hash: string;
  readonly body: string;
}

const blobRow = z.object({ hash: z.string(), body: z.instanceof(Uint8Array) });

/** Long texts, content-addressed, per tenant. Kept as bytes: a text column cannot hold U+0000. */
export class BlobsRepository {
  constructor(private readonly db: Database) {}

  /** Stores what is not there yet. @throws HoldfastError INVALID_ARGUMENT when a hash is not that of its body. */
  async putMany(scope: TenantScope, blobs: readonly BlobInput[]): Promise<void> {
    if (blobs.length === 0) return;
    // In one order everywhere: two writers of the same texts wait for each other, never in a circle.
    const sorted = [...new Map(blobs.map((blob) => [blob.hash, blob])).values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
    const bodies = sorted.map(({ hash, body }) => checked(hash, Buffer.from(body, 'utf8')));
    await this.db.withTenant(scope, (tx) =>
      tx.query(
        `INSERT INTO executions.blobs (tenant_id, hash, bytes, body)
         SELECT $1, b.hash, octet_length(b.body), b.body FROM unnest($2::text[], $3::bytea[]) AS b (hash, body) ON CONFLICT DO NOTHING`,
        [scope.tenantId, sorted.map((blob) => blob.hash), bodies],
      ),
    );
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
