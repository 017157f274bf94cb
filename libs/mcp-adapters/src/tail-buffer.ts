/** Keeps the last bytes of a stream, for diagnosis. */
export class TailBuffer {
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(private readonly limitBytes: number) {}

  /** Adds a chunk and forgets what is more than the limit. */
  add(chunk: Buffer): void {
    this.#chunks.push(chunk.byteLength > this.limitBytes ? chunk.subarray(-this.limitBytes) : chunk);
    this.#bytes += Math.min(chunk.byteLength, this.limitBytes);
    if (this.#bytes > 2 * this.limitBytes || this.#chunks.length > 256) this.#compact();
  }

  /** The last bytes as text; a character cut in two shows as U+FFFD. */
  text(): string {
    this.#compact();
    return (this.#chunks[0] ?? Buffer.alloc(0)).toString('utf8').trim();
  }

  #compact(): void {
    const kept = Buffer.concat(this.#chunks).subarray(-this.limitBytes);
    this.#chunks = [Buffer.from(kept)];
    this.#bytes = kept.byteLength;
  }
}
