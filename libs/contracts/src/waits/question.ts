import { z } from 'zod';

/** `kind` by which an interrupt's value is known as a wait for time or for an event. */
export const WAIT_KIND = 'wait';

/** Longest wait, and longest time-out of one, seconds. */
export const MAX_WAIT_SECONDS = 366 * 86_400;

/** How long a posted event is kept, seconds: for waits that begin after it, and for its id to be known again. */
export const EVENT_KEPT_SECONDS = 86_400;

const seconds = z.number().min(1).max(MAX_WAIT_SECONDS);

/** The two names of an event. A function: Temporal deep-freezes what modules of the workflow bundle export, and a frozen schema cannot parse. */
export function eventNames() {
  return {
    /** What happened, such as `payment.received`. */
    type: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[\w.:/-]+$/, 'has characters other than letters, digits and _ . : / -'),
    /** What it is about, such as the number of an order. */
    key: z.string().min(1).max(200),
  };
}

const { type, key } = eventNames();

/** A moment that PostgreSQL can hold and that has four digits of a year, in UTC: an offset may lead out of the years that the text names. */
const date = z.iso.datetime({ offset: true }).refine((text) => {
  const year = new Date(text).getUTCFullYear();
  return year >= 1 && year <= 9_999;
}, 'is not within the years 1 to 9999 (UTC)');

// Not exported, for the same reason.
const questionSchema = z.discriminatedUnion('until', [
  /** Counted from the commit with which the run ends. */
  z.strictObject({ kind: z.literal(WAIT_KIND), until: z.literal('elapsed'), seconds }),
  z.strictObject({ kind: z.literal(WAIT_KIND), until: z.literal('date'), date }),
  z.strictObject({
    kind: z.literal(WAIT_KIND),
    until: z.literal('event'),
    type,
    /** Only an event with this key; default: any. */
    key: key.optional(),
    /** Answered with `timeout` after so long; default: never. */
    timeoutSeconds: seconds.optional(),
    /** An event counts that was posted at most so long before the wait began; 0 to a day, default 60. */
    lookbackSeconds: z.number().min(0).max(EVENT_KEPT_SECONDS).default(60),
  }),
]);
/** What a waiting node waits for: value of an interrupt. */
export type WaitQuestion = z.output<typeof questionSchema>;

/** The value as a wait, or what is wrong with it. */
export function parseWaitQuestion(value: unknown): z.ZodSafeParseResult<WaitQuestion> {
  return questionSchema.safeParse(value);
}
