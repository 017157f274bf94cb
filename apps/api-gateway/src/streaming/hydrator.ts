import { Inject, Injectable } from '@nestjs/common';
import { blobHashes, hydrate, listHashes, withLists } from '@holdfast/contracts/messages';
import { BlobsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';

/** Puts long texts and lists back in place of their references: clients never see one. */
@Injectable()
export class Hydrator {
  constructor(@Inject(BlobsRepository) private readonly blobs: BlobsRepository) {}

  /** The value with all of the tenant's lists and texts in it; one query for each of the two that it refers to. */
  async hydrate<T>(ctx: TenantContext, value: T): Promise<T> {
    const lists = listHashes(value);
    // Items of lists refer to texts.
    const whole = lists.length === 0 ? value : withLists(value, await this.blobs.getMany(ctx, lists));
    const hashes = blobHashes(whole);
    if (hashes.length === 0) return whole;
    return hydrate(whole, await this.blobs.getMany(ctx, hashes));
  }
}
