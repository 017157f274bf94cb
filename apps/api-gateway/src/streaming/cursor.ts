import { CALL_ID } from '@holdfast/contracts/messages';

/** How far a viewer has got in a message that is still being spoken. */
export interface CallCursor {
  /** Id of the model call in its run's ledger: {@link CALL_ID}. */
  readonly call: string;
  readonly attempt: number;
  /** UTF-16 units of its text that were sent. */
  readonly sent: number;
  /** The closing chunk (tool calls, usage) was sent too. */
  readonly ended: boolean;
}

/**
 * How far a viewer has got: the last journal item, and the messages in flight. It is the SSE event id, so a viewer who comes back
 * with `Last-Event-ID` goes on exactly there, at any replica and after any restart.
 */
export interface StreamCursor {
  /** Journal row. */
  readonly seq: number;
  /** Item within the row. */
  readonly item: number;
  readonly calls: readonly CallCursor[];
}

/** Before the first item. */
export const STREAM_START: StreamCursor = { seq: 0, item: 0, calls: [] };

/** Messages in flight that an id can carry; the oldest is left out first (the journal still brings its message). */
export const MAX_CURSOR_CALLS = 32;

const CURSOR = /^(\d{1,9})\.(\d{1,6})(?:~([\da-fh.:,-]{1,1600}))?$/;
const CALL = new RegExp(`^(${CALL_ID})\\.(\\d{1,9}):(\\d{1,9})(e?)$`);
/** LangGraph servers use both for "from the start". */
const FROM_START = new Set(['-1', '-', '']);

/** The SSE id of a position: `<seq>.<item>`, and `~<call>.<attempt>:<sent>[e]` joined by commas for the messages in flight. */
export function encodeCursor(cursor: StreamCursor): string {
  const position = `${cursor.seq}.${cursor.item}`;
  if (cursor.calls.length === 0) return position;
  const calls = cursor.calls.slice(-MAX_CURSOR_CALLS).map((c) => `${c.call}.${c.attempt}:${c.sent}${c.ended ? 'e' : ''}`);
  return `${position}~${calls.join(',')}`;
}

/** The inverse of {@link encodeCursor}; undefined for a text that is none. */
export function decodeCursor(text: string): StreamCursor | undefined {
  if (FROM_START.has(text)) return STREAM_START;
  const match = CURSOR.exec(text);
  if (match === null) return undefined;
  const calls: CallCursor[] = [];
  for (const part of match[3]?.split(',') ?? []) {
    const call = CALL.exec(part);
    if (call === null || calls.length >= MAX_CURSOR_CALLS) return undefined;
    calls.push({ call: call[1]!, attempt: Number(call[2]), sent: Number(call[3]), ended: call[4] === 'e' });
  }
  return { seq: Number(match[1]), item: Number(match[2]), calls };
}

/** True when the viewer has seen the item. */
export function hasSeen(cursor: StreamCursor, seq: number, item: number): boolean {
  return seq < cursor.seq || (seq === cursor.seq && item <= cursor.item);
}
