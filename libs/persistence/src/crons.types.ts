import type { CronRow } from './crons.rows';

/** What a cron does, when, and as whom. */
export type CronFields = Pick<
  CronRow,
  'schedule' | 'timezone' | 'end_time' | 'enabled' | 'overlap' | 'on_run_completed' | 'payload' | 'metadata' | 'user_id' | 'roles'
>;

/** A cron to make. */
export interface NewCron extends CronFields {
  readonly cron_id: string;
  readonly assistant_id: string;
  readonly thread_id: string | null;
}

/** A change of a cron. */
export interface CronUpdate {
  readonly change: Partial<CronFields> & { readonly problem?: string | null };
  /** What it was when the change was thought of. Default: whatever it is. */
  readonly revision?: number;
  /** Default: nobody has it. */
  readonly leaseMs?: number;
}

/** Selects crons. */
export interface CronFilter {
  readonly assistantId?: string | undefined;
  readonly threadId?: string | undefined;
  readonly enabled?: boolean | undefined;
  /** Each pair must be there. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Columns that a search sorts by. */
export const CRON_SORT_COLUMNS = ['cron_id', 'assistant_id', 'thread_id', 'next_run_date', 'end_time', 'created_at', 'updated_at'] as const;

/** A page of crons. */
export interface CronSearch extends CronFilter {
  /** 1..1000, 10 by default. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  /** Default created_at. */
  readonly sortBy?: (typeof CRON_SORT_COLUMNS)[number] | undefined;
  /** Default desc. */
  readonly sortOrder?: 'asc' | 'desc' | undefined;
}

/** A moment of a cron. */
export interface CronFiring {
  readonly tenantId: string;
  readonly cronId: string;
  readonly scheduledAt: Date;
}

/** A moment that one gateway deals with, and until when the moments of its cron are that gateway's: a timestamp of the database, as it writes it. */
export interface ClaimedFiring extends CronFiring {
  readonly lease: string;
}
