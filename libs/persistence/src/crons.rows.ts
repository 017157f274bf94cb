import { z } from 'zod';
import { jsonObject, timestamp } from './rows.schema';

/** What happens while the run before is still active. */
export const CRON_OVERLAPS = ['allow', 'skip'] as const;

/** A row of executions.crons. */
export const cronRow = z.object({
  tenant_id: z.string(),
  cron_id: z.string(),
  assistant_id: z.string(),
  /** Null: each run has a thread of its own. */
  thread_id: z.string().nullable(),
  schedule: z.string(),
  timezone: z.string().nullable(),
  end_time: timestamp.nullable(),
  enabled: z.boolean(),
  overlap: z.enum(CRON_OVERLAPS),
  on_run_completed: z.enum(['delete', 'keep']),
  /** Body of the runs. */
  payload: jsonObject,
  metadata: jsonObject,
  /** Who made or last changed it: its runs act as this principal. */
  user_id: z.string(),
  roles: z.array(z.string()),
  next_run_at: timestamp.nullable(),
  /** Why it was switched off. */
  problem: z.string().nullable(),
  revision: z.number().int(),
  /** What its schedule knows. */
  synced_revision: z.number().int(),
  leased_until: timestamp.nullable(),
  /** Goes when its schedule has gone. */
  deleted: z.boolean(),
  created_at: timestamp,
  updated_at: timestamp,
});
/** See {@link cronRow}. */
export type CronRow = z.infer<typeof cronRow>;
