import { uuidSchema } from '@holdfast/contracts';
import { eventNames, WAIT_STATUSES } from '@holdfast/contracts/waits';
import { z } from 'zod';
import { queryInt, timestamp } from '../http/wire.schema';

const { type, key } = eventNames();

/** A node that waits for time or for an event. */
export const waitSchema = z
  .object({
    wait_id: z.string(),
    thread_id: z.string(),
    run_id: z.string().describe('The run that ended with it'),
    interrupt_id: z.string(),
    status: z.enum(WAIT_STATUSES),
    event_type: z.string().nullable().describe('Null: it waits for time only'),
    event_key: z.string().nullable().describe('Null: any key'),
    wake_at: timestamp.nullable().describe('End of the time or time-out, or when the event came; null: only the event ends it'),
    event_id: z.string().nullable(),
    outcome: z.string().nullable().describe('`elapsed`, `event`, `timeout`, or why it was superseded'),
    resume_run_id: z.string().nullable().describe('The run that went on with the thread'),
    created_at: timestamp,
    ended_at: timestamp.nullable(),
  })
  .meta({ id: 'Wait' });
/** See {@link waitSchema}. */
export type Wait = z.infer<typeof waitSchema>;

/** Query of the list. */
export const waitListQuery = z.object({
  status: z.enum(WAIT_STATUSES).optional(),
  thread_id: uuidSchema.optional(),
  event_type: type.optional(),
  after: uuidSchema.optional().describe('`X-Pagination-Next` of the page before'),
  limit: queryInt(1, 1000, 10),
});
/** See {@link waitListQuery}. */
export type WaitListQuery = z.infer<typeof waitListQuery>;

/** Body of an event. */
export const eventCreateSchema = z
  .strictObject({
    id: z.string().min(1).max(200).optional().describe('Names the event in the tenant: the same again within a day posts nothing. Default: a new one'),
    type: type.describe('What happened, such as `payment.received`'),
    key: key.nullish().describe('What it is about, such as the number of an order'),
    payload: z.unknown().optional().describe('JSON for the waiting node, at most 64 KiB without texts over 2 KiB'),
  })
  .meta({ id: 'EventCreate' });
/** See {@link eventCreateSchema}. */
export type EventCreate = z.infer<typeof eventCreateSchema>;

/** A posted event. */
export const postedEventSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    key: z.string().nullable(),
    woken: z.int().describe('Waits that it has ended; of more than 10,000 the rest is woken after the answer'),
    posted_by: z.string(),
    posted_at: timestamp,
    kept_until: timestamp.describe('Until then waits that begin later may take it, and its id is known'),
  })
  .meta({ id: 'PostedEvent' });
/** See {@link postedEventSchema}. */
export type PostedEvent = z.infer<typeof postedEventSchema>;
