import type { AiMessageDto, TokenChunk } from '@holdfast/contracts/messages';
import { CALL_PATH, MAX_CURSOR_CALLS, type CallCursor } from './cursor';

/** A piece of a message to send. */
export interface SpokenPiece {
  readonly call: string;
  readonly messageId: string;
  readonly node: string;
  readonly ns: readonly string[];
  readonly text: string;
  /** The whole text so far; undefined when its beginning is not known here (after a reconnect). */
  readonly soFar: string | undefined;
  /** The first piece of the message that this viewer gets. */
  readonly first: boolean;
  /** With the closing piece. */
  readonly end?: Pick<TokenChunk, 'tool_calls' | 'usage'>;
}

interface Call {
  readonly attempt: number;
  sent: number;
  ended: boolean;
  /** A piece of it was given out, or at least that it begins. */
  begun: boolean;
  /** From the beginning; shorter than `sent` after a reconnect until the replay has caught up. */
  text: string;
  /** Pieces that came before the one they continue. */
  readonly early: TokenChunk[];
}

const MAX_EARLY_CHUNKS = 64;
const MESSAGE = new RegExp(`^(${CALL_PATH})(?:-a(\\d{1,9}))?$`);

/**
 * The messages that models are speaking now, as one viewer has got them. Every text unit is given out once and in order, whatever
 * arrives twice, late or not at all; what never arrives is given out when the journal brings the finished message.
 */
export class SpokenMessages {
  readonly #calls = new Map<string, Call>();
  /** Message ids that the journal has brought. */
  readonly #finished = new Set<string>();

  constructor(
    private readonly runId: string,
    cursor: readonly CallCursor[],
  ) {
    for (const { call, attempt, sent, ended, begun } of cursor) {
      this.#calls.set(call, { attempt, sent, ended, begun: begun === true || sent > 0 || ended, text: '', early: [] });
    }
  }

  /** Whether tokens of this call were given out before and its message has not come yet. */
  has(call: string): boolean {
    return this.#calls.has(call);
  }

  /** For the cursor. */
  cursor(): CallCursor[] {
    return [...this.#calls].map(([call, { attempt, sent, ended, begun }]) => {
      const onlyBegun = begun && sent === 0 && !ended;
      return { call, attempt, sent, ended, ...(onlyBegun ? { begun } : {}) };
    });
  }

  /** For the cursor of one to whom only the beginning of a call's newest attempt was given. */
  cursorAtBegin(call: string): CallCursor[] {
    return this.cursor().map((known) => (known.call === call ? { call, attempt: known.attempt, sent: 0, ended: false, begun: true } : known));
  }

  /** Whether anything of this attempt at a message was given out. */
  hasBegun(messageId: string): boolean {
    const spoken = parseModelMessageId(this.runId, messageId);
    const call = spoken === undefined ? undefined : this.#calls.get(spoken.call);
    return call !== undefined && call.attempt === spoken?.attempt && call.begun;
  }

  /** Takes a chunk; gives the pieces that became speakable, each before {@link cursor} knows of the next. */
  *hear(chunk: TokenChunk): Generator<SpokenPiece, void, undefined> {
    if (this.#finished.has(chunk.messageId)) return;
    const call = this.#open(chunk);
    if (call === undefined || call.ended) return;
    if (chunk.offset > call.sent) {
      if (call.early.length < MAX_EARLY_CHUNKS) call.early.push(chunk);
      return;
    }
    for (let next: TokenChunk | undefined = chunk; next !== undefined; next = takeReady(call)) {
      const piece = this.#take(call, next);
      if (piece !== undefined) yield piece;
    }
  }

  /**
   * The journal brings the finished message: what has not been sent of it.
   * `undefined`: all of it was; `whole`: nothing of it was, or it is none of ours.
   */
  finish(message: AiMessageDto, text: string): { kind: 'whole' } | { kind: 'rest'; text: string; ended: boolean } | undefined {
    const id = message.id;
    if (id === undefined) return { kind: 'whole' };
    this.#finished.add(id);
    const spoken = parseModelMessageId(this.runId, id);
    const call = spoken === undefined ? undefined : this.#calls.get(spoken.call);
    if (spoken === undefined || call === undefined) return { kind: 'whole' };
    this.#calls.delete(spoken.call);
    if (call.attempt !== spoken.attempt || (call.sent === 0 && !call.ended)) return { kind: 'whole' };
    if (call.ended && call.sent >= text.length) return undefined;
    return { kind: 'rest', text: text.slice(call.sent), ended: call.ended };
  }

  #open(chunk: TokenChunk): Call | undefined {
    const known = this.#calls.get(chunk.call);
    if (known !== undefined && chunk.attempt < known.attempt) return undefined;
    if (known !== undefined && chunk.attempt === known.attempt) return known;
    const fresh: Call = { attempt: chunk.attempt, sent: 0, ended: false, begun: false, text: '', early: [] };
    // Re-inserted, so that the map stays ordered by the latest to begin.
    this.#calls.delete(chunk.call);
    this.#calls.set(chunk.call, fresh);
    this.#forgetOldest();
    return fresh;
  }

  #take(call: Call, chunk: TokenChunk): SpokenPiece | undefined {
    const end = chunk.offset + chunk.text.length;
    if (chunk.offset <= call.text.length && end > call.text.length) call.text += chunk.text.slice(call.text.length - chunk.offset);
    const text = end > call.sent ? chunk.text.slice(call.sent - chunk.offset) : '';
    const first = !call.begun;
    call.sent = Math.max(call.sent, end);
    const ends = chunk.last === true && !call.ended;
    call.ended ||= ends;
    if (text === '' && !ends) return undefined;
    call.begun = true;
    return {
      call: chunk.call,
      messageId: chunk.messageId,
      node: chunk.node,
      ns: chunk.ns,
      text,
      soFar: call.text.length === call.sent ? call.text : undefined,
      first,
      ...(ends ? { end: { tool_calls: chunk.tool_calls, usage: chunk.usage } } : {}),
    };
  }

  /** Keeps what a cursor can carry, so that the cursor says exactly what is known here. */
  #forgetOldest(): void {
    for (const call of this.#calls.keys()) {
      if (this.#calls.size <= MAX_CURSOR_CALLS) return;
      this.#calls.delete(call);
    }
  }
}

function takeReady(call: Call): TokenChunk | undefined {
  const index = call.early.findIndex((chunk) => chunk.offset <= call.sent);
  return index === -1 ? undefined : call.early.splice(index, 1)[0];
}

/** Ids of model messages: `run-<run id>-<call id>` for the first attempt, `…-a<attempt>` after. MAINTENANCE: made by the worker. */
export function parseModelMessageId(runId: string, id: string): { call: string; attempt: number } | undefined {
  const prefix = `run-${runId}-`;
  const match = id.startsWith(prefix) ? MESSAGE.exec(id.slice(prefix.length)) : null;
  return match === null ? undefined : { call: match[1]!, attempt: Number(match[2] ?? 1) };
}
