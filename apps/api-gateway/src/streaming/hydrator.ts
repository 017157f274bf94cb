import { Inject, Injectable } from '@nestjs/common';
import { blobHashes, hydrate } from '@holdfast/contracts/messages';
import { BlobsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';

/** Puts long texts back in place of their references: clients never see one. */
@Injectable()
export class Hydrator {
  constructor(@Inject(BlobsRepository) private readonly blobs: BlobsRepository) {}

  /** The value with all of the tenant's texts in it; one query when there is any reference, none otherwise. */
  async hydrate<T>(ctx: TenantContext, value: T): Promise<T> {
    const hashes = blobHashes(value);
    if (hashes.length === 0) return value;
    return hydrate(value, await this.blobs.getMany(ctx, hashes));
  }
}
