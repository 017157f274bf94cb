import type { WriteStream } from 'node:tty';

/** Where progress goes; `process.stderr`/`process.stdout` fit. */
export type ProgressSink = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

/** A step in progress. */
export interface ProgressTask {
  /** Replaces the detail shown behind the title. */
  detail(text: string): void;
}

/** How often a log without a terminal repeats what is going on, in milliseconds. */
const LOG_INTERVAL_MS = 10_000;
const TERMINAL_INTERVAL_MS = 120;

/** Shows what is being done and how long it has taken: one living line on a terminal, a line every 10 s elsewhere. */
export class Progress {
  readonly #sink: ProgressSink;
  readonly #active = new Map<number, { title: string; detail: string; begun: number; loggedAt: number; quietMs: number }>();
  readonly #timings: { title: string; ms: number }[] = [];
  #nextId = 0;
  #timer: NodeJS.Timeout | undefined;
  #isLineShown = false;
  /** Errors that already have a line: the others of a start fail in the wake of the first. */
  readonly #shownErrors = new WeakSet<Error>();

  constructor(sink: ProgressSink) {
    this.#sink = sink;
  }

  /** Finished steps with their durations, in order of ending. */
  get timings(): readonly { title: string; ms: number }[] {
    return this.#timings;
  }

  /** Prints a line of its own above the living one. */
  line(text: string): void {
    this.#clear();
    this.#sink.write(`${text}\n`);
    this.#draw();
  }

  /**
   * Runs a step under a title. A step that ends within `quietMs` prints nothing (default 0: always prints).
   * A failed step is marked; the error goes on to the caller.
   */
  async step<T>(title: string, work: (task: ProgressTask) => Promise<T>, quietMs = 0): Promise<T> {
    const id = this.#nextId++;
    const begun = performance.now();
    const state = { title, detail: '', begun, loggedAt: begun, quietMs };
    this.#active.set(id, state);
    this.#schedule();
    this.#draw();
    try {
      const result = await work({ detail: (text) => void (state.detail = text) });
      this.#end(id, title, begun, quietMs, '✓');
      return result;
    } catch (error) {
      const isNew = error instanceof Error && !this.#shownErrors.has(error) && !isStopRequest(error);
      if (error instanceof Error) this.#shownErrors.add(error);
      this.#end(id, title, begun, isNew ? 0 : Number.POSITIVE_INFINITY, '✗');
      throw error;
    }
  }

  #end(id: number, title: string, begun: number, quietMs: number, mark: string): void {
    const ms = performance.now() - begun;
    this.#active.delete(id);
    this.#timings.push({ title, ms });
    this.#clear();
    if (ms >= quietMs) this.#sink.write(`${mark} ${title} (${seconds(ms)})\n`);
    this.#draw();
    if (this.#active.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#tick(), this.#sink.isTTY === true ? TERMINAL_INTERVAL_MS : 1_000);
    this.#timer.unref();
  }

  #tick(): void {
    if (this.#sink.isTTY === true) {
      this.#clear();
      this.#draw();
      return;
    }
    const now = performance.now();
    for (const task of this.#active.values()) {
      if (now - task.loggedAt < LOG_INTERVAL_MS) continue;
      task.loggedAt = now;
      this.#sink.write(`… ${task.title}${task.detail === '' ? '' : `: ${task.detail}`} (${seconds(now - task.begun)} so far)\n`);
    }
  }

  #draw(): void {
    if (this.#sink.isTTY !== true) return;
    const now = performance.now();
    const text = [...this.#active.values()]
      .filter((task) => now - task.begun >= Math.min(task.quietMs, 400))
      .map((task) => `${task.title}${task.detail === '' ? '' : ` ${task.detail}`} ${seconds(now - task.begun)}`)
      .join(' · ');
    if (text === '') return;
    this.#sink.write(`… ${text}`.slice(0, Math.max(20, (this.#sink.columns || 100) - 1)));
    this.#isLineShown = true;
  }

  #clear(): void {
    if (!this.#isLineShown) return;
    this.#sink.write('\r\u001b[2K');
    this.#isLineShown = false;
  }
}

/** 950 → `1.0 s`, 75 000 → `1 min 15 s`. */
export function seconds(ms: number): string {
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const whole = Math.round(ms / 1_000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function isStopRequest(error: Error): boolean {
  return error.name === 'AbortError' || (error as { code?: unknown }).code === 'STACK_STOP_REQUESTED';
}
