import { uuidSchema } from '@holdfast/contracts';
import { CRON_OVERLAPS, CRON_SORT_COLUMNS } from '@holdfast/persistence';
import { z } from 'zod';
import { assistantRef, jsonObject, limitField, offsetField, sortOrder, timestamp } from '../http/wire.schema';
import { runCreateSchema } from '../runs/runs.schema';

/** Runs by the clock. */
export const cronSchema = z
  .object({
    cron_id: z.string(),
    assistant_id: z.string(),
    thread_id: z.string().nullable(),
    schedule: z.string(),
    timezone: z.string().nullable().describe('IANA name; null: UTC'),
    end_time: timestamp.nullable(),
    enabled: z.boolean(),
    overlap: z.enum(CRON_OVERLAPS).describe('`skip`: no run while the one before is active; Holdfast only'),
    on_run_completed: z.enum(['delete', 'keep']).describe('What happens to the thread of a run, unless the cron has a thread'),
    payload: jsonObject.describe('Body of the runs'),
    metadata: jsonObject,
    user_id: z.string().describe('Principal that made or last changed it, and that its runs act as'),
    next_run_date: timestamp.nullable().describe('Null while it is switched off, and when there is none'),
    problem: z.string().nullable().describe('Why it was switched off; Holdfast only'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Cron' });
/** See {@link cronSchema}. */
export type Cron = z.infer<typeof cronSchema>;

/** With its next moments. */
export const cronDetailSchema = cronSchema.extend({ next_run_dates: z.array(timestamp).describe('At most ten; Holdfast only') }).meta({ id: 'CronDetail' });
/** See {@link cronDetailSchema}. */
export type CronDetail = z.infer<typeof cronDetailSchema>;

/** What a cron takes from the body of a run. */
export const cronPayloadSchema = runCreateSchema.pick({
  input: true,
  config: true,
  context: true,
  interrupt_before: true,
  interrupt_after: true,
  multitask_strategy: true,
  stream_mode: true,
  stream_subgraphs: true,
  stream_resumable: true,
  durability: true,
  checkpoint_during: true,
  webhook: true,
});
/** See {@link cronPayloadSchema}. */
export type CronPayload = z.infer<typeof cronPayloadSchema>;

const schedule = z
  .string()
  .min(1)
  .max(200)
  .describe('Cron expression of 5 fields, of 6 with the year last, of 7 with the second first; `@daily` and the like; `@every 10m`');
const timezone = z
  .string()
  .max(100)
  .refine(isTimezone, 'is not the IANA name of a time zone');
const optional = {
  timezone: timezone.nullish(),
  end_time: z.iso.datetime({ offset: true }).nullish(),
  enabled: z.boolean().nullish(),
  metadata: jsonObject.nullish(),
  on_run_completed: z.enum(['delete', 'keep']).nullish(),
  overlap: z.enum(CRON_OVERLAPS).nullish().describe('Default `allow`; Holdfast only'),
};

/** Body of a new cron. */
export const cronCreateSchema = cronPayloadSchema.extend({ assistant_id: assistantRef, schedule, ...optional }).meta({ id: 'CronCreate' });
/** See {@link cronCreateSchema}. */
export type CronCreate = z.infer<typeof cronCreateSchema>;

/** Body of a change: what is absent stays; null clears `timezone` and `end_time`. */
export const cronPatchSchema = cronPayloadSchema.extend({ schedule: schedule.nullish(), ...optional }).meta({ id: 'CronPatch' });
/** See {@link cronPatchSchema}. */
export type CronPatch = z.infer<typeof cronPatchSchema>;

const filter = { assistant_id: uuidSchema.nullish(), thread_id: uuidSchema.nullish(), enabled: z.boolean().nullish(), metadata: jsonObject.nullish() };

/** Fields of a cron. */
export const CRON_FIELDS = Object.keys(cronSchema.shape) as (keyof Cron)[];

/** Body of a count. */
export const cronCountSchema = z.strictObject(filter).meta({ id: 'CronCount' });
/** See {@link cronCountSchema}. */
export type CronCount = z.infer<typeof cronCountSchema>;

/** Body of a search. */
export const cronSearchSchema = z
  .strictObject({
    ...filter,
    limit: limitField,
    offset: offsetField,
    sort_by: z.enum(CRON_SORT_COLUMNS).nullish(),
    sort_order: sortOrder.nullish(),
    select: z.array(z.enum(CRON_FIELDS)).nullish(),
  })
  .meta({ id: 'CronSearch' });
/** See {@link cronSearchSchema}. */
export type CronSearch = z.infer<typeof cronSearchSchema>;

/** Longest time that one backfill covers, ms. */
const MOST_BACKFILL_MS = 31 * 86_400_000;

/** Body of a backfill. */
export const cronBackfillSchema = z
  .strictObject({ start_time: z.iso.datetime({ offset: true }), end_time: z.iso.datetime({ offset: true }) })
  .refine(({ start_time, end_time }) => isSpan(new Date(end_time).getTime() - new Date(start_time).getTime()), {
    path: ['end_time'],
    message: 'must be after start_time, by at most 31 days',
  })
  .meta({ id: 'CronBackfill' });
/** See {@link cronBackfillSchema}. */
export type CronBackfill = z.infer<typeof cronBackfillSchema>;

/** Path parameters. */
export const cronParams = z.object({ cron_id: uuidSchema });

function isSpan(ms: number): boolean {
  return ms > 0 && ms <= MOST_BACKFILL_MS;
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
