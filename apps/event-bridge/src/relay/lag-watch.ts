import { setTimeout as sleep } from 'node:timers/promises';
import type { LogSink } from '@holdfast/nest-kit';
import type { OutboxRepository } from '@holdfast/persistence';
import { lagSeconds, waiting } from './relay-metrics';

const LOOK_MS = 5000;
const LATE_MS = 10_000;
const REPEAT_MS = 60_000;

/** Keeps the lag metrics and tells the log when facts reach their readers late, and when they are in time again. */
export class LagWatch {
  private toldAt = -Infinity;
  private isLate = false;

  constructor(
    private readonly outbox: Pick<OutboxRepository, 'lag'>,
    private readonly log: LogSink,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Looks every 5 s until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One look. While PostgreSQL is away the last figures stay. */
  async look(): Promise<void> {
    const lag = await this.outbox.lag().catch(() => undefined);
    if (lag === undefined) return;
    lagSeconds.set(lag.oldestAgeMs / 1000);
    waiting.set(lag.unpublished);
    if (lag.oldestAgeMs >= LATE_MS) {
      if (this.now() - this.toldAt < REPEAT_MS) return;
      this.toldAt = this.now();
      this.isLate = true;
      this.log.warn({ waiting: lag.unpublished, oldest_age_ms: Math.round(lag.oldestAgeMs) }, 'events wait to be relayed');
    } else if (this.isLate) {
      this.isLate = false;
      this.toldAt = -Infinity;
      this.log.info({ waiting: lag.unpublished }, 'events are relayed in time again');
    }
  }
}
