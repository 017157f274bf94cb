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
  /** Nothing of it was sent yet but that it began. */
  readonly begun?: true;
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
  /** Derived event behind the item; absent: none. Apart from the items, so that their numbers are what they were before there were such events. */
  readonly sub?: number;
  readonly calls: readonly CallCursor[];
  /** The same messages in the stream mode `events`, which tells of them apart; absent: none. */
  readonly told?: readonly CallCursor[];
}

/** Before the first item. */
export const STREAM_START: StreamCursor = { seq: 0, item: 0, calls: [] };

/** Messages in flight that an id can carry; the oldest is left out first (the journal still brings its message). */
export const MAX_CURSOR_CALLS = 32;

/** Id of a call with those of the sub-agents that make it, as the source of a regular expression. */
export const CALL_PATH = `(?:${CALL_ID}/){0,8}${CALL_ID}`;

// What stands behind the marks is CALL's to judge, so that a new form of ids has one place.
const CURSOR = /^(\d{1,9})\.(\d{1,6})(?:_(\d{1,6}))?(?:~([^!]{1,6000}))?(?:!([^!]{1,6000}))?$/;
const CALL = new RegExp(`^(${CALL_PATH})\\.(\\d{1,9}):(\\d{1,9})([es]?)$`);
/** LangGraph servers use both for "from the start". */
const FROM_START = new Set(['-1', '-', '']);

/**
 * The SSE id of a position: `<seq>.<item>`, `_<sub>` behind it for a derived event, `~<call>.<attempt>:<sent>[e|s]` joined by commas for the
 * messages in flight, and `!` with the same for those of the mode `events`.
 */
export function encodeCursor({ seq, item, sub = 0, calls, told = [] }: StreamCursor): string {
  return `${seq}.${item}${sub === 0 ? '' : `_${sub}`}${encodeCalls('~', calls)}${encodeCalls('!', told)}`;
}

function encodeCalls(mark: string, calls: readonly CallCursor[]): string {
  if (calls.length === 0) return '';
  const newest = calls.slice(-MAX_CURSOR_CALLS);
  return `${mark}${newest.map((c) => `${c.call}.${c.attempt}:${c.sent}${c.ended ? 'e' : c.begun === true ? 's' : ''}`).join(',')}`;
}

/** The inverse of {@link encodeCursor}; undefined for a text that is none. */
export function decodeCursor(text: string): StreamCursor | undefined {
  if (FROM_START.has(text)) return STREAM_START;
  const match = CURSOR.exec(text);
  if (match === null) return undefined;
  const sub = Number(match[3] ?? 0);
  const calls = decodeCalls(match[4]);
  const told = decodeCalls(match[5]);
  if (calls === undefined || told === undefined) return undefined;
  return { seq: Number(match[1]), item: Number(match[2]), ...(sub === 0 ? {} : { sub }), calls, ...(told.length === 0 ? {} : { told }) };
}

function decodeCalls(text: string | undefined): CallCursor[] | undefined {
  const calls: CallCursor[] = [];
  for (const part of text?.split(',') ?? []) {
    const call = CALL.exec(part);
    if (call === null || calls.length >= MAX_CURSOR_CALLS) return undefined;
    calls.push({ call: call[1]!, attempt: Number(call[2]), sent: Number(call[3]), ended: call[4] === 'e', ...(call[4] === 's' ? { begun: true } : {}) });
  }
  return calls;
}

/** True when the viewer has seen the item, or the derived event behind it. */
export function hasSeen(cursor: StreamCursor, seq: number, item: number, sub = 0): boolean {
  if (seq !== cursor.seq) return seq < cursor.seq;
  return item < cursor.item || (item === cursor.item && sub <= (cursor.sub ?? 0));
}
