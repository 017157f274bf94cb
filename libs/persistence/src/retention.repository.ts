import { z } from 'zod';
import type { Database, TenantCall } from './database';

const JOURNAL: TenantCall = { name: 'delete_outlived_journal', text: 'SELECT executions.delete_outlived_journal($1, make_interval(days => $2)) AS count' };
const PAST: TenantCall = {
  name: 'delete_past',
  text: 'SELECT executions.delete_past($1, make_interval(days => $2), make_interval(days => $3)) AS counts',
};
const CALLS: TenantCall = { name: 'delete_outlived_calls', text: 'SELECT tools.delete_outlived_calls($1, make_interval(days => $2)) AS count' };
const BLOBS: TenantCall = {
  name: 'delete_outlived_blobs',
  text: 'SELECT executions.delete_outlived_blobs($1, make_interval(days => $2), make_interval(hours => $3)) AS counts',
};

const countRow = z.object({ count: z.number().int() });
const count = z.number().int();
const pastRow = z.object({ counts: z.object({ idempotency_keys: count, cron_firings: count, waits: count, slo_totals: count }) });
const blobsRow = z.object({ counts: z.object({ looked: count, deleted: count }) });

/** Rows of each kind that were deleted. */
export type DeletedPast = z.infer<typeof pastRow>['counts'];

/** Deletes what has outlived its use, of all tenants. Each method is one transaction of bounded size; any number of processes may call at once. */
export class RetentionRepository {
  constructor(private readonly db: Database) {}

  /**
   * Of runs that were deleted so many days ago: journal and approvals, at most about `limit` rows. What is not published yet stays. Role of the gateway.
   * @returns rows of the journal that went
   */
  async deleteJournal({ limit, keptDays }: { limit: number; keptDays: number }): Promise<number> {
    return countRow.parse((await this.db.callSystem(JOURNAL, [limit, keptDays]))[0]).count;
  }

  /** What is over, at most `limit` rows of each kind: idempotency keys; waits, moments of crons and sums of service levels. Role of the gateway. */
  async deletePast({ limit, keyDays, pastDays }: { limit: number; keyDays: number; pastDays: number }): Promise<DeletedPast> {
    return pastRow.parse((await this.db.callSystem(PAST, [limit, keyDays, pastDays]))[0]).counts;
  }

  /**
   * Looks at owners of blobs of one tenant that nobody has looked at for so many hours, and deletes blobs whose last owner has been gone for so many days,
   * at most `limit`. Role of the gateway.
   * @returns how many owners it looked at, none when all have been; and how many blobs went
   */
  async deleteBlobs({ limit, keptDays, everyHours }: { limit: number; keptDays: number; everyHours: number }): Promise<{ looked: number; deleted: number }> {
    return blobsRow.parse((await this.db.callSystem(BLOBS, [limit, keptDays, everyHours]))[0]).counts;
  }

  /** The ledger of tool calls of runs that were deleted so many days ago, at most of `limit` runs. Role of the tool router. @returns of how many */
  async deleteToolCalls({ limit, keptDays }: { limit: number; keptDays: number }): Promise<number> {
    return countRow.parse((await this.db.callSystem(CALLS, [limit, keptDays]))[0]).count;
  }
}
