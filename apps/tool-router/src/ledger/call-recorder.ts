import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { retryDelay } from '@holdfast/nest-kit/connector';
import type { ToolCallRecord } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import type { DatabaseGate } from './database-gate';

/** Writes records of one tenant; @holdfast/persistence's ToolCallsRepository is one. */
export interface RecordWriter {
  /** Of records with the same id the last one counts. */
  record(ctx: TenantContext, calls: readonly ToolCallRecord[]): Promise<void>;
}

interface Waiting {
  readonly record: ToolCallRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  ctx: TenantContext;
  waiting: Waiting[];
}

const MAX_BATCH = 200;
const MAX_WAITING = 5_000;

/** Pauses between tries to record an effect. */
const EFFECT_PAUSE = { firstMs: 100, longestMs: 2_000 };
/** Longest that the answer of an effect waits for its record, milliseconds: a restart of PostgreSQL takes less. */
const EFFECT_PATIENCE_MS = 15_000;

/**
 * Writes the record of each call before its answer goes out. While one write of a tenant is under way the next records gather and go
 * together: no call waits for company, and a busy tenant costs few transactions.
 *
 * The full effect ledger (claim before, replay after) will take this place.
 */
export class CallRecorder {
  readonly #lanes = new Map<string, Lane>();
  #waiting = 0;

  constructor(
    private readonly writer: RecordWriter,
    private readonly gate: DatabaseGate,
  ) {}

  /** Before anything is called. @throws HoldfastError DEPENDENCY_UNAVAILABLE */
  async assertRecordable(mayBeRepeated: boolean): Promise<void> {
    await this.gate.assertAvailable(!mayBeRepeated);
  }

  /** Resolves when the record is stored. @throws HoldfastError, DEPENDENCY_UNAVAILABLE when PostgreSQL is away or too far behind. */
  async record(ctx: TenantContext, record: ToolCallRecord): Promise<void> {
    if (this.#waiting >= MAX_WAITING) throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'Too many records wait for PostgreSQL.', { retryAfterMs: 1_000 });
    this.#waiting += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        const lane = this.#lanes.get(ctx.tenantId);
        const item: Waiting = { record, resolve, reject };
        if (lane !== undefined) {
          lane.waiting.push(item);
          return;
        }
        const opened: Lane = { ctx, waiting: [item] };
        this.#lanes.set(ctx.tenantId, opened);
        void this.#drain(opened);
      });
    } finally {
      this.#waiting -= 1;
    }
  }

  /**
   * Records an effect that happened. Its answer must not be lost with the record, because the caller would repeat the call: while
   * PostgreSQL is away this tries again after growing pauses, within the time given and 15 s.
   * @param withinMs time the answer may still wait
   * @throws the last try's error when the time is over. A try under way may store the record later all the same.
   */
  async recordEffect(ctx: TenantContext, record: ToolCallRecord, withinMs: number): Promise<void> {
    const over = new AbortController();
    const tooLate = new Promise<never>((_, reject) => {
      over.signal.addEventListener('abort', () => reject(new HoldfastError('DEADLINE_EXCEEDED', 'The record was not stored in time.')));
    });
    // Nobody listens to it between two tries.
    tooLate.catch(() => undefined);
    const timer = setTimeout(() => over.abort(), Math.min(withinMs, EFFECT_PATIENCE_MS));
    try {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await Promise.race([this.record(ctx, record), tooLate]);
        } catch (error) {
          if (!isHoldfastError(error) || !error.retryable) throw error;
          await retryDelay(attempt, EFFECT_PAUSE, over.signal);
          if (over.signal.aborted) throw error;
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #drain(lane: Lane): Promise<void> {
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0, MAX_BATCH);
      try {
        await this.writer.record(
          lane.ctx,
          batch.map(({ record }) => record),
        );
        this.gate.prove();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        if (isHoldfastError(error) && error.code === 'DEPENDENCY_UNAVAILABLE') this.gate.doubt();
        for (const { reject } of batch) reject(error);
      }
    }
    this.#lanes.delete(lane.ctx.tenantId);
  }
}
