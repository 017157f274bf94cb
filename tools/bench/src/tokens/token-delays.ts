import { stamp } from './stamping-model';

/** How long the pieces of one answer were on their way, milliseconds. */
export interface TokenDelays {
  readonly first: number;
  /** Of each chunk that came, by the oldest piece in it; chunks may hold several pieces. */
  readonly all: readonly number[];
}

const STAMP = /\d{13}\.\d{3}/;
const DATA = 'data: ';

/** Collects the delays of a stream of mode `messages-tuple` while it comes; `take` is given its text as it arrives. */
export class DelayReader {
  #rest = '';
  #seen = 0;
  readonly #delays: number[] = [];

  constructor(private readonly now: () => number = stamp) {}

  /** Takes the next text of the stream, which may end anywhere. */
  take(text: string): void {
    const now = this.now();
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      // A later event shows the whole message once more: what was written before what is known was seen already.
      const written = line.startsWith(DATA) ? Number(STAMP.exec(line.slice(DATA.length))?.[0] ?? Number.NaN) : Number.NaN;
      if (!(written > this.#seen)) continue;
      this.#seen = Math.max(...(line.match(new RegExp(STAMP, 'g')) ?? []).map(Number));
      this.#delays.push(now - written);
    }
  }

  /** @throws Error when no piece came */
  get delays(): TokenDelays {
    const [first] = this.#delays;
    if (first === undefined) throw new Error('the stream brought no token');
    return { first, all: this.#delays };
  }
}
