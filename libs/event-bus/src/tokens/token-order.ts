import type { TokenChunk } from '@holdfast/contracts/messages';

/** What {@link TokenOrder} says about a chunk. */
export type TokenVerdict =
  /** Next in its message: pass it on. */
  | { readonly kind: 'next'; readonly chunk: TokenChunk }
  /** Passed on before. */
  | { readonly kind: 'seen' }
  /** Text before it is missing. */
  | { readonly kind: 'gap' };

/**
 * Tells new chunks from repeated ones by what they say about themselves: call, attempt and offset. The same chunk may come from
 * the stream and live.
 */
export class TokenOrder {
  private readonly messages = new Map<string, { next: number; finished: boolean }>();

  /** Judges a chunk and, when it is the next one, remembers it. A chunk that overlaps is cut to its new part. */
  judge(chunk: TokenChunk): TokenVerdict {
    const key = `${chunk.call}.${chunk.attempt}`;
    const message = this.messages.get(key) ?? { next: 0, finished: false };
    if (chunk.offset > message.next) return { kind: 'gap' };
    const end = chunk.offset + chunk.text.length;
    if (message.finished || (end <= message.next && chunk.last !== true)) return { kind: 'seen' };
    const fresh = chunk.text.slice(Math.max(0, message.next - chunk.offset));
    const next = { ...chunk, offset: end - fresh.length, text: fresh };
    this.messages.set(key, { next: end, finished: chunk.last === true });
    return { kind: 'next', chunk: next };
  }

  /** Accepts that text before the chunk is lost: the message goes on at the chunk's offset. */
  skipTo(chunk: TokenChunk): void {
    this.messages.set(`${chunk.call}.${chunk.attempt}`, { next: chunk.offset, finished: false });
  }
}
