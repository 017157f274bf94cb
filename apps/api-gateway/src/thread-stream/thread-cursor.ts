import { decodeCursor, encodeCursor, STREAM_START, type StreamCursor } from '../streaming/cursor';

/** How far a viewer has got in a thread: which run, and how far in it. */
export interface ThreadCursor {
  readonly runId: string;
  /** `done`: its end was shown. */
  readonly at: StreamCursor | 'done';
}

const RUN_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DONE = 'done';

/** The SSE id of a place in a thread's stream: `<run>/<id within its stream>`, or `<run>/done`. */
export function encodeThreadCursor({ runId, at }: ThreadCursor): string {
  return `${runId}/${at === DONE ? DONE : encodeCursor(at)}`;
}

/** The inverse of {@link encodeThreadCursor}; `start` for the texts that LangGraph servers use for it, undefined for any other. */
export function decodeThreadCursor(text: string): ThreadCursor | 'start' | undefined {
  const slash = text.indexOf('/');
  if (slash === -1) return decodeCursor(text) === STREAM_START ? 'start' : undefined;
  const runId = text.slice(0, slash);
  const rest = text.slice(slash + 1);
  const at = rest === DONE ? DONE : decodeCursor(rest);
  return RUN_ID.test(runId) && rest !== '' && at !== undefined ? { runId, at } : undefined;
}
