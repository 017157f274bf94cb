import { decodeCursor, encodeCursor, STREAM_START, type StreamCursor } from '../streaming/cursor';

/** How far a viewer has got in a thread: which run, and how far in it, or which state edit. */
export type ThreadCursor =
  | {
      readonly runId: string;
      /** `done`: its end was shown. */
      readonly at: StreamCursor | 'done';
    }
  /** Checkpoint that the edit made. */
  | { readonly checkpointId: string };

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DONE = 'done';
const EDIT = 'edit';

/** The SSE id of a place in a thread's stream: `<run>/<id within its stream>`, `<run>/done` or `<checkpoint>/edit`. */
export function encodeThreadCursor(cursor: ThreadCursor): string {
  if ('checkpointId' in cursor) return `${cursor.checkpointId}/${EDIT}`;
  const { runId, at } = cursor;
  return `${runId}/${at === DONE ? DONE : encodeCursor(at)}`;
}

/** The inverse of {@link encodeThreadCursor}; `start` for the texts that LangGraph servers use for it, undefined for any other. */
export function decodeThreadCursor(text: string): ThreadCursor | 'start' | undefined {
  const slash = text.indexOf('/');
  if (slash === -1) return decodeCursor(text) === STREAM_START ? 'start' : undefined;
  const id = text.slice(0, slash);
  const rest = text.slice(slash + 1);
  if (rest === EDIT) return ID.test(id) ? { checkpointId: id } : undefined;
  const at = rest === DONE ? DONE : decodeCursor(rest);
  return ID.test(id) && rest !== '' && at !== undefined ? { runId: id, at } : undefined;
}
