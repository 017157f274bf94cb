import { HoldfastError } from '@holdfast/contracts/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StreamEvent } from './run-projection';
import { SSE_HEARTBEAT, sseFrame, sseRetry } from './sse';

/** What a client is told to wait before it comes back after a shutdown, ms. */
const RETRY_HINT_MS = 1_000;

/** The head of an answer that is a stream. */
export function openEventStream(reply: FastifyReply): void {
  reply.code(200).header('Content-Type', 'text/event-stream; charset=utf-8').header('Cache-Control', 'no-store').header('X-Accel-Buffering', 'no');
}

/**
 * The events as text.
 * @throws HoldfastError when the signal has ended them: what is shown goes on and we do not, so the client is to ask another process. SDKs do
 * so when a stream breaks, not when it ends.
 */
export async function* sseText(events: AsyncIterable<StreamEvent>, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  for await (const event of events) yield sseFrame(event);
  if (!signal.aborted) return;
  yield sseRetry(RETRY_HINT_MS);
  throw endedEarly('The stream');
}

/** The head of an answer goes out with its first text: for a stream that may be silent for long, a client would wait for it. */
export async function* withHead(text: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  yield SSE_HEARTBEAT;
  yield* text;
}

/** The error of an answer that ends before what it shows. */
export function endedEarly(what: string): HoldfastError {
  return new HoldfastError('DEPENDENCY_UNAVAILABLE', `${what} ended before the run did.`, { retryAfterMs: RETRY_HINT_MS });
}

/**
 * Reads `Last-Event-ID`; undefined without one.
 * @param decode gives undefined for a text that is no id of the stream
 * @throws HoldfastError INVALID_ARGUMENT for such a text
 */
export function lastEventId<T>(request: FastifyRequest, decode: (text: string) => T | undefined): T | undefined {
  const header = request.headers['last-event-id'];
  if (typeof header !== 'string') return undefined;
  const id = decode(header.trim());
  if (id !== undefined) return id;
  const message = 'is not an id of this stream';
  throw new HoldfastError('INVALID_ARGUMENT', `Last-Event-ID: ${message}`, { fields: [{ path: 'Last-Event-ID', message }] });
}
