import { createHash } from 'node:crypto';

const MAX_KEYS = 10_000;

/** Remembers the texts that have been seen, so that a misbehaviour happens once for each. Forgets the oldest of 10,000. */
export class OnceKeys {
  readonly #seen = new Set<string>();

  /** Whether this text has been seen. */
  has(text: string): boolean {
    return this.#seen.has(hash(text));
  }

  /** True the first time a text is given, false after that. */
  first(text: string): boolean {
    const key = hash(text);
    if (this.#seen.has(key)) return false;
    if (this.#seen.size >= MAX_KEYS) for (const oldest of this.#seen.values()) { this.#seen.delete(oldest); break; }
    this.#seen.add(key);
    return true;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
