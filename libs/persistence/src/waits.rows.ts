import { WAIT_STATUSES } from '@holdfast/contracts/waits';
import { z } from 'zod';
import { timestamp } from './rows.schema';

/** An event as the waiting node gets it. */
const eventColumn = z.object({ id: z.string(), type: z.string(), key: z.string().nullable(), payload: z.unknown(), posted_at: z.string() });

/** A row of executions.waits. */
export const waitRow = z.object({
  tenant_id: z.string(),
  wait_id: z.string(),
  thread_id: z.string(),
  /** The run that ended with it. */
  run_id: z.string(),
  interrupt_id: z.string(),
  /** Tells a wait that is asked again as it stands from another one. */
  question_hash: z.string(),
  status: z.enum(WAIT_STATUSES),
  /** Null: it waits for time only. */
  event_type: z.string().nullable(),
  event_key: z.string().nullable(),
  /** Null: only an event ends it. */
  wake_at: timestamp.nullable(),
  leased_until: timestamp.nullable(),
  event_id: z.string().nullable(),
  event: eventColumn.nullable(),
  delete_thread: z.boolean(),
  /** How it ended, or why it was superseded. */
  outcome: z.string().nullable(),
  resume_run_id: z.string().nullable(),
  traceparent: z.string().nullable(),
  created_at: timestamp,
  ended_at: timestamp.nullable(),
});
/** See {@link waitRow}. */
export type WaitRow = z.infer<typeof waitRow>;

/** A row of executions.posted_events. */
export const postedEventRow = z.object({
  tenant_id: z.string(),
  event_id: z.string(),
  type: z.string(),
  key: z.string().nullable(),
  payload: z.unknown(),
  request_hash: z.string(),
  posted_by: z.string(),
  /** Waits that it has ended. */
  woken: z.number().int(),
  /** There may be more of them: they are woken in batches. */
  waking: z.boolean(),
  created_at: timestamp,
  /** Until then it is kept: for waits that begin later, and for its id to be known again. */
  expires_at: timestamp,
});
/** See {@link postedEventRow}. */
export type PostedEventRow = z.infer<typeof postedEventRow>;
