import { interrupt } from '@langchain/langgraph';
import { HoldfastError } from '@holdfast/contracts/errors';
import { type WaitAnswer, type WaitedEvent, parseWaitAnswer, parseWaitQuestion, WAIT_KIND } from '@holdfast/contracts/waits';

/** A client resumed the thread before the time had come. */
export interface ResumedByHand {
  readonly outcome: 'resumed';
  /** What it resumed with. */
  readonly value: unknown;
}

/** How a wait for time ended. */
export type TimeOutcome = { readonly outcome: 'elapsed' } | ResumedByHand;

/** How a wait for an event ended. */
export type EventOutcome = { readonly outcome: 'event'; readonly event: WaitedEvent } | { readonly outcome: 'timeout' } | ResumedByHand;

/** An event to wait for. */
export interface EventRequest {
  /** What must have happened, such as `payment.received`; letters, digits and `_.:/-`, at most 200. */
  readonly type: string;
  /** Only an event with this key, such as the number of an order; default: any. */
  readonly key?: string;
  /** 1 s to 366 days; default: for ever. */
  readonly timeoutSeconds?: number;
  /** An event counts that was posted at most so long before the wait began, unless the thread had it already; 0 to a day, default 60. */
  readonly lookbackSeconds?: number;
}

/**
 * Waits from inside a node for so long, 1 s to 366 days, by the database's clock. The run ends `interrupted` here, costs a row while it
 * waits, and the node runs again, from its beginning, in the run that goes on: what is done before must be harmless twice. Let what it
 * throws pass, as with `interrupt()`.
 * @throws HoldfastError INVALID_ARGUMENT
 */
export function waitFor({ seconds }: { readonly seconds: number }): TimeOutcome {
  return timeOutcome(wait('waitFor', { until: 'elapsed', seconds }));
}

/** Waits as {@link waitFor} does, until a moment; one that has passed is over at once. @throws HoldfastError INVALID_ARGUMENT */
export function waitUntil(date: Date | string): TimeOutcome {
  // Date's own text of a wrong date throws; the schema names it.
  const text = date instanceof Date ? (Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString()) : date;
  return timeOutcome(wait('waitUntil', { until: 'date', date: text }));
}

/**
 * Waits as {@link waitFor} does, until an event is posted to `/events` in the tenant.
 * @throws HoldfastError INVALID_ARGUMENT
 */
export function waitForEvent(request: EventRequest): EventOutcome {
  const { answer, value } = wait('waitForEvent', { until: 'event', ...request });
  if (answer?.outcome === 'event') return { outcome: 'event', event: answer.event };
  return answer?.outcome === 'timeout' ? { outcome: 'timeout' } : { outcome: 'resumed', value };
}

function timeOutcome({ answer, value }: { readonly answer: WaitAnswer | undefined; readonly value: unknown }): TimeOutcome {
  return answer?.outcome === 'elapsed' ? { outcome: 'elapsed' } : { outcome: 'resumed', value };
}

function wait(name: string, what: Readonly<Record<string, unknown>>): { readonly answer: WaitAnswer | undefined; readonly value: unknown } {
  const question = parseWaitQuestion({ kind: WAIT_KIND, ...what });
  if (!question.success) {
    const problems = question.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new HoldfastError('INVALID_ARGUMENT', `${name}: ${problems.join('; ')}`);
  }
  const value: unknown = interrupt(question.data);
  return { answer: parseWaitAnswer(value), value };
}
