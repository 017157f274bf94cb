/** Options of {@link LatestRead}. */
export interface LatestReadSettings<T> {
  load(): Promise<T>;
  /** For how long what was read is given again, ms: whoever asks how often, the load is bounded. */
  readonly keepMs: number;
  /** Milliseconds that only grow. */
  now(): number;
}

/** Reads something for many askers: those who ask at once or soon after one another share a reading, a failed one too. */
export class LatestRead<T> {
  #reading: Promise<T> | undefined;
  #readAt = 0;

  constructor(private readonly settings: LatestReadSettings<T>) {}

  /** @throws what the load throws */
  get(): Promise<T> {
    const now = this.settings.now();
    if (this.#reading === undefined || now - this.#readAt >= this.settings.keepMs) {
      this.#readAt = now;
      this.#reading = this.settings.load();
    }
    return this.#reading;
  }
}
