import { setTimeout as sleep } from 'node:timers/promises';
import { PublishFailedError, WakeSignal, type OutgoingEvent, type StoredMessage } from '@holdfast/event-bus';
import type { OutboxRow, OutboxSession } from '@holdfast/persistence';
import { RELAY_DEFAULTS, Relay } from './relay';

const tenantId = '0198a0b0-0000-7000-8000-000000000001';
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A journal in memory that behaves like the outbox port: unpublished rows in order until they are marked. */
class Journal {
  readonly rows: OutboxRow[] = [];
  readonly marked = new Set<number>();
  sessions = 0;
  failAtMarking = 0;
  private markings = 0;
  open = (): Promise<OutboxSession> => {
    this.sessions += 1;
    return Promise.resolve({
      lease: () => Promise.resolve([0]),
      read: (limit) => Promise.resolve(this.rows.filter(({ position }) => !this.marked.has(position)).slice(0, limit)),
      markPublished: async (positions) => {
        await sleep(1);
        if ((this.markings += 1) === this.failAtMarking) throw new Error('PostgreSQL is away');
        for (const position of positions) this.marked.add(position);
      },
      close: () => Promise.resolve(),
    });
  };
  write(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const position = this.rows.length + 1;
      const runId = '0198a0b0-0000-7000-8000-000000000002';
      this.rows.push({ tenantId, runId, threadId: runId, seq: position, position, partition: 0, type: 'run.completed.v1', time: new Date(), traceparent: null, data: {} });
    }
  }
}

/** A stream that is asked for its newest message of a run, and has forgotten which ids it stored: its duplicate window is over. */
class Stream {
  readonly stored: OutgoingEvent[] = [];
  asked = 0;
  publish = (events: readonly OutgoingEvent[]): Promise<void> => Promise.resolve(void this.stored.push(...events));
  readLast = (subject: string): Promise<StoredMessage | undefined> => {
    this.asked += 1;
    const index = this.stored.findLastIndex((event) => event.subject.startsWith(subject.slice(0, -1)));
    const last = this.stored[index];
    return Promise.resolve(last && { subject: last.subject, seq: index + 1, time: '', messageId: last.id, data: Buffer.from(last.payload) });
  };
}

/** Relays until everything is marked (or for a while); `publish` decides the fate of each publish. */
async function relay(
  journal: Journal,
  publish: (events: readonly OutgoingEvent[]) => Promise<void>,
  { forMs = 5000, stream = new Stream() } = {},
): Promise<{ verified: number }> {
  const stop = new AbortController();
  let verified = 0;
  const running = new Relay(
    {
      outbox: journal,
      publisher: { publish: async (events) => (await publish(events), { lastSeq: 1, duplicates: 0 }) },
      reader: stream,
      link: { isUp: true, whenUp: () => Promise.resolve(undefined as never) },
      guard: { verify: () => Promise.resolve(void (verified += 1)), confirm: () => undefined },
      wakeSignal: new WakeSignal(),
      log,
    },
    { ...RELAY_DEFAULTS, idleMs: 5, paceMs: 1, chunkRows: 10, rowsPerPartition: 50 },
  ).run(stop.signal);
  const end = performance.now() + forMs;
  while (journal.marked.size < journal.rows.length && performance.now() < end) await sleep(2);
  stop.abort(new Error('done'));
  await running;
  return { verified };
}

describe('Relay', () => {
  it('publishes in order, one call at a time, and marks only what was confirmed before', async () => {
    const journal = new Journal();
    journal.write(135);
    const confirmed: string[] = [];
    let running = 0;
    await relay(journal, async (events) => {
      expect((running += 1)).toBe(1);
      expect(journal.marked.size).toBeLessThanOrEqual(confirmed.length);
      await sleep(2);
      confirmed.push(...events.map(({ id }) => id));
      running -= 1;
    });
    expect(confirmed).toEqual(journal.rows.map(({ tenantId, runId, seq }) => `${tenantId}/${runId}:${seq}`));
    expect(journal.marked.size).toBe(135);
  });

  it('marks nothing of a publish that failed, and begins a new session with a check of the stream', async () => {
    const journal = new Journal();
    journal.write(20);
    let calls = 0;
    const sent: string[] = [];
    const { verified } = await relay(journal, async (events) => {
      calls += 1;
      if (calls === 2) {
        await sleep(5); // the marking of the first chunk ends meanwhile
        expect(journal.marked.size).toBeLessThanOrEqual(10);
        throw new PublishFailedError('NATS_AWAY', 'gone');
      }
      sent.push(...events.map(({ id }) => id));
    });
    expect(new Set(sent).size).toBe(20);
    expect(journal.sessions).toBe(2);
    expect(verified).toBe(2);
  });

  it('publishes nothing twice when the marking fails and the stream has forgotten the ids', async () => {
    const journal = new Journal();
    const stream = new Stream();
    journal.write(135);
    journal.failAtMarking = 2;
    await relay(journal, stream.publish, { stream });
    expect(stream.stored.map(({ id }) => id)).toEqual(journal.rows.map(({ tenantId, runId, seq }) => `${tenantId}/${runId}:${seq}`));
    expect(journal.marked.size).toBe(135);
    expect(journal.sessions).toBe(2);
  });

  it('asks the stream what it holds only at the beginning of a session', async () => {
    const journal = new Journal();
    const stream = new Stream();
    journal.write(500);
    await relay(journal, stream.publish, { stream });
    expect(stream.stored).toHaveLength(500);
    expect(stream.asked).toBe(1);
  });

  it('slows down when everything fails', async () => {
    const journal = new Journal();
    journal.write(1);
    let calls = 0;
    await relay(journal, () => Promise.reject(new PublishFailedError('REFUSED', `no ${(calls += 1)}`)), { forMs: 1000 });
    expect(calls).toBeGreaterThan(1);
    expect(calls).toBeLessThan(8);
    expect(journal.marked.size).toBe(0);
  });
});
