import { StreamName } from '@holdfast/contracts/nats';
import type { EventBusAdmin, EventPublisher, EventReader, StreamFacts } from '@holdfast/event-bus';
import type { LogSink } from '@holdfast/nest-kit';
import type { OutboxRepository } from '@holdfast/persistence';
import { judgeStream } from './stream-verdict';
import { republishMissing } from './republish';

/** What {@link StreamGuard} works with. */
export interface GuardParts {
  readonly admin: Pick<EventBusAdmin, 'ensureStreams'>;
  readonly outbox: Pick<OutboxRepository, 'loadStreamState' | 'saveStreamState' | 'readPublished'>;
  readonly reader: Pick<EventReader, 'readStored'>;
  readonly publisher: Pick<EventPublisher, 'publish'>;
  readonly log: LogSink;
}

// Bounds what a crash of relay and NATS at the same moment could hide.
const SAVE_MS = 1000;

/**
 * Notices that the stream has lost confirmed events (made anew, restored from a backup, cut by a power failure) and publishes them
 * again from the journal: the loss of the broker becomes a delay.
 */
export class StreamGuard {
  private created: Date | undefined;
  private confirmed = 0;
  private saved = 0;
  private savedAt = -Infinity;

  constructor(private readonly parts: GuardParts) {}

  /**
   * Makes the streams when they are absent, compares the events stream with what was confirmed, repairs it. Nothing may be published
   * while it runs: what is repaired comes before what is new.
   * @throws when NATS or PostgreSQL is away.
   */
  async verify(signal: AbortSignal): Promise<void> {
    const { admin, outbox, log } = this.parts;
    // In this order: what another bridge publishes and saves between the two looks must not pass for something lost.
    const known = await outbox.loadStreamState(StreamName.events);
    const facts = await admin.ensureStreams(signal);
    const verdict = judgeStream(facts, known, this.created === undefined ? undefined : { created: this.created, lastSeq: this.confirmed });
    if (verdict !== 'intact') {
      const isEmptyJournal = known === null && (await outbox.readPublished({ afterPosition: 0, limit: 1 })).length === 0;
      if (!isEmptyJournal) {
        log.warn({ verdict, stream: facts, known }, `stream ${facts.name} has lost events: publishing them again from the journal`);
        const count = await republishMissing(this.parts, { wholeStream: verdict === 'other', signal });
        log.info({ count }, `stream ${facts.name} is complete again`);
      }
    }
    this.adopt(verdict === 'intact' ? facts : await admin.ensureStreams(signal));
    await this.save(verdict === 'intact' ? undefined : known?.lastSeq);
  }

  /** Remembers the highest sequence that the stream confirmed. */
  confirm(lastSeq: number): void {
    this.confirmed = Math.max(this.confirmed, lastSeq);
    if (performance.now() - this.savedAt < SAVE_MS) return;
    this.savedAt = performance.now();
    // A failed save is made up for by the next one.
    void this.save().catch(() => undefined);
  }

  /** Writes down what is known of the stream; after a repair in place of the remembered sequence, which may never come again. */
  async save(repairedFrom?: number): Promise<void> {
    const { created, confirmed } = this;
    if (created === undefined || confirmed === this.saved) return;
    await this.parts.outbox.saveStreamState({ stream: StreamName.events, created, lastSeq: confirmed }, repairedFrom);
    this.saved = confirmed;
  }

  private adopt(facts: StreamFacts): void {
    this.created = new Date(facts.created);
    this.confirmed = facts.lastSeq;
    this.saved = -1;
  }
}
