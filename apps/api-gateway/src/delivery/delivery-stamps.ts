import { Inject, Injectable } from '@nestjs/common';
import { ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { RunsRepository } from '@holdfast/persistence';

/** How long a stamp waits for others, ms; well below the 2 s after which the sweep takes an unstamped run for undelivered. */
const COLLECT_MS = 250;
/** So many are written without waiting for more. */
const FULL = 500;
/** Stamps that wait while PostgreSQL is slow; beyond it they are dropped. */
const MAX_WAITING = 10_000;

/**
 * Stamps runs that Temporal has accepted, many in one transaction. A stamp only keeps the sweep from delivering the run again while it
 * waits for its turn, and a second delivery is harmless: so stamps may come late or be lost. A run that has begun needs none.
 */
@Injectable()
export class DeliveryStamps {
  #waiting = new Map<string, string[]>();
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {}

  /** Stamps the run soon. Never throws. */
  add(tenantId: string, runId: string): void {
    if (this.#count >= MAX_WAITING) return;
    const ids = this.#waiting.get(tenantId);
    if (ids === undefined) this.#waiting.set(tenantId, [runId]);
    else ids.push(runId);
    this.#count += 1;
    if (this.#count === FULL) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), COLLECT_MS);
  }

  /** Writes what waits; resolves when all is written or given up. Never throws. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // One after the other: what comes while PostgreSQL is slow is collected meanwhile.
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const batches = this.#waiting;
    this.#waiting = new Map();
    this.#count = 0;
    for (const [tenantId, runIds] of batches) {
      try {
        await this.runs.markDelivered({ tenantId }, runIds);
      } catch (error) {
        this.log.debug({ err: error, tenant_id: tenantId, runs: runIds.length }, 'delivered runs not stamped; the sweep may deliver them again');
      }
    }
  }
}
