import { setTimeout as sleep } from 'node:timers/promises';
import type { EventPublisher, EventReader, NatsLink, WakeSignal } from '@holdfast/event-bus';
import type { LogSink } from '@holdfast/nest-kit';
import { retryDelay } from '@holdfast/nest-kit/connector';
import type { OutboxRepository, OutboxRow, OutboxSession } from '@holdfast/persistence';
import type { StreamGuard } from '../repair/stream-guard';
import { encodeEvent } from './event-encoder';
import { Handover } from './handover';
import * as metrics from './relay-metrics';

/** What {@link Relay} works with. */
export interface RelayParts {
  readonly outbox: Pick<OutboxRepository, 'open'>;
  readonly publisher: Pick<EventPublisher, 'publish'>;
  readonly reader: Pick<EventReader, 'readLast'>;
  readonly link: Pick<NatsLink, 'whenUp' | 'isUp'>;
  readonly guard: Pick<StreamGuard, 'verify' | 'confirm'>;
  readonly wakeSignal: WakeSignal;
  readonly log: LogSink;
}

/** Figures of {@link Relay}; defaults in {@link RELAY_DEFAULTS}. */
export interface RelaySettings {
  /** Most rows of a partition read at once. */
  readonly rowsPerPartition: number;
  /** Most rows published and marked together. */
  readonly chunkRows: number;
  /** Least time between two looks at the journal while events trickle, in ms: what comes within it shares one fsync. */
  readonly paceMs: number;
  /** Time between two looks when no notice comes, in ms. */
  readonly idleMs: number;
  /** Time between two tries for partitions that another relay holds, in ms. */
  readonly leaseMs: number;
  /** Time between two comparisons of stream and journal, in ms. */
  readonly verifyMs: number;
}

/** See {@link RelaySettings}. */
export const RELAY_DEFAULTS: RelaySettings = {
  rowsPerPartition: 100,
  chunkRows: 200,
  paceMs: 50,
  idleMs: 500,
  leaseMs: 2000,
  verifyMs: 60_000,
};

const RETRY_PAUSE = { firstMs: 100, longestMs: 5000 };

/**
 * Moves journal rows to the stream: reads what is unpublished, publishes, marks after the confirmation. Killed in between, the next
 * session asks the stream which rows it holds and only marks those ({@link Handover}); what was still on its way then is dropped by
 * the stream itself, which knows the ids of its duplicate window. Rows of one run keep their order: a run has one partition, a
 * partition one relay, a relay one publish at a time, and a publish stores its events in order or not at all.
 */
export class Relay {
  constructor(
    private readonly parts: RelayParts,
    private readonly settings: RelaySettings = RELAY_DEFAULTS,
  ) {}

  /** Relays until the signal fires; goes on after every failure, with growing pauses. */
  async run(signal: AbortSignal): Promise<void> {
    const { link, guard, outbox, log } = this.parts;
    for (let failed = 0; !signal.aborted; ) {
      let session: OutboxSession | undefined;
      try {
        await link.whenUp(signal);
        await guard.verify(signal);
        session = await outbox.open();
        await this.serve(session, signal, () => (failed = 0));
      } catch (error) {
        if (signal.aborted) break;
        failed += 1;
        metrics.failures.inc({ cause: causeOf(error) });
        // A long outage is one story: tell its beginning, then now and then.
        if (failed === 1 || failed % 20 === 0) log.warn({ err: error, attempt: failed }, 'relay interrupted, it will go on by itself');
      } finally {
        metrics.partitions.set(0);
        await session?.close().catch(() => undefined);
      }
      if (failed > 0) await retryDelay(failed, RETRY_PAUSE, signal);
    }
  }

  private async serve(session: OutboxSession, signal: AbortSignal, onProgress: () => void): Promise<void> {
    const { paceMs, idleMs, leaseMs, verifyMs, rowsPerPartition } = this.settings;
    const { link, reader, wakeSignal } = this.parts;
    const handover = new Handover(reader);
    const verifyAt = performance.now() + verifyMs;
    let leaseAt = 0;
    let held: readonly number[] = [];
    while (!signal.aborted && link.isUp && performance.now() < verifyAt) {
      const begun = performance.now();
      if (begun >= leaseAt) {
        held = await session.lease();
        metrics.partitions.set(held.length);
        leaseAt = begun + leaseMs;
      }
      const rows = await session.read(rowsPerPartition);
      const stored = await handover.findStored(rows, held, signal);
      if (stored.size > 0) {
        metrics.repeated.inc(stored.size);
        await session.markPublished([...stored].map(({ position }) => position));
      }
      await this.relay(session, rows.filter((row) => !stored.has(row)));
      onProgress();
      if (rows.length === 0) await wakeSignal.wait(idleMs, signal);
      else if (rows.length < rowsPerPartition) await sleep(Math.max(0, paceMs - (performance.now() - begun)));
    }
  }

  private async relay(session: OutboxSession, rows: readonly OutboxRow[]): Promise<void> {
    const { publisher, guard } = this.parts;
    let marking: Promise<void> = Promise.resolve();
    for (let at = 0; at < rows.length; at += this.settings.chunkRows) {
      const chunk = rows.slice(at, at + this.settings.chunkRows);
      const receipt = await publisher.publish(chunk.map(encodeEvent));
      guard.confirm(receipt.lastSeq);
      observe(chunk, receipt.duplicates);
      // The marking of one chunk overlaps with the publishing of the next; a session takes one call at a time.
      await marking;
      marking = session.markPublished(chunk.map(({ position }) => position));
      marking.catch(() => undefined); // awaited below; this only keeps it from counting as unhandled when a publish throws first
    }
    await marking;
  }
}

function observe(chunk: readonly OutboxRow[], duplicates: number): void {
  const now = Date.now();
  for (const { time } of chunk) metrics.delaySeconds.observe(Math.max(0, now - time.getTime()) / 1000);
  metrics.published.inc(chunk.length - duplicates);
  metrics.repeated.inc(duplicates);
}

const NATS_CODES = new Set<unknown>(['NATS_AWAY', 'ACK_TIMEOUT', 'REFUSED', 'STREAM_MISSING', 'TIMEOUT']);

function causeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (NATS_CODES.has(code)) return 'nats';
  if (code === 'DEPENDENCY_UNAVAILABLE' || code === 'DEADLINE_EXCEEDED') return 'postgresql';
  return 'other';
}
