import type { Database } from './database';
import type { TenantScope } from './tenant-scope';

/** A text under its hash; `StoredBlob` of contracts is one. */
export interface BlobInput {
  /** `sha256:<hex>` of the UTF-8 bytes of the body. */
  readonly hash: string;
  readonly body: string;
}

/** Long texts, content-addressed, per tenant. */
export class BlobsRepository {
  constructor(protected readonly db: Database) {}

  /** Stores what is not there yet. @throws HoldfastError INVALID_ARGUMENT when a hash is not that of its body. */
  async putMany(_scope: TenantScope, _blobs: readonly BlobInput[]): Promise<void> {
    throw new Error('not built yet');
  }

  /** By hash; what is not there is left out. */
  async getMany(_scope: TenantScope, _hashes: readonly string[]): Promise<Map<string, string>> {
    throw new Error('not built yet');
  }
}
