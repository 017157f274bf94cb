import type { TokenChunk } from '@holdfast/contracts/messages';

/** Options of {@link TokenCoalescer}. */
export interface CoalescerSettings {
  /** Least time between two chunks of a message, in ms. */
  readonly windowMs: number;
  /** Text that is sent without waiting, in UTF-16 units. */
  readonly maxChars: number;
  emit(chunk: TokenChunk): void;
}

/**
 * Joins the pieces of one message (one attempt of one call). The first piece goes out at once, then at most one chunk per window;
 * the last piece takes what is waiting with it.
 */
export class TokenCoalescer {
  private waiting: TokenChunk | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly settings: CoalescerSettings) {}

  /** Takes a piece; pieces come in the order of their offsets. */
  push(piece: TokenChunk): void {
    const joined = this.waiting === undefined ? piece : join(this.waiting, piece);
    if (joined === undefined) {
      // Not adjoining: a piece is missing in between, which is the reader's to notice.
      this.flush();
      this.push(piece);
      return;
    }
    this.waiting = joined;
    if (joined.last === true) {
      this.flush();
      this.close();
    } else if (this.timer === undefined || joined.text.length >= this.settings.maxChars) {
      this.flush();
      this.open();
    }
  }

  /** Sends what is waiting. */
  flush(): void {
    const chunk = this.waiting;
    this.waiting = undefined;
    if (chunk !== undefined) this.settings.emit(chunk);
  }

  /** Ends the window; what is waiting stays. */
  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private open(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.waiting === undefined) return;
      this.flush();
      this.open();
    }, this.settings.windowMs);
  }
}

function join(first: TokenChunk, second: TokenChunk): TokenChunk | undefined {
  if (first.offset + first.text.length !== second.offset) return undefined;
  return { ...first, ...second, offset: first.offset, text: first.text + second.text };
}
