import type { OutgoingEvent, StoredMessage } from '@holdfast/event-bus';
import type { OutboxRow } from '@holdfast/persistence';
import { encodeEvent } from '../relay/event-encoder';
import { republishMissing } from './republish';

const tenantId = '0198a0b0-0000-7000-8000-000000000001';
const runId = (n: number): string => `0198a0b0-0000-7000-8000-${String(n).padStart(12, '0')}`;
const idOf = (run: number, seq: number): string => `${tenantId}/${runId(run)}:${seq}`;
const HOUR = 3_600_000;

function row(run: number, seq: number, position: number, ageMs = HOUR): OutboxRow {
  const time = new Date(Date.now() - ageMs);
  return { tenantId, runId: runId(run), threadId: runId(run), seq, position, partition: 0, type: 'run.completed.v1', time, traceparent: null, data: { steps: 1 } };
}

function stored(rows: readonly OutboxRow[]): StoredMessage[] {
  return rows.map((r, index) => {
    const { id, subject, payload } = encodeEvent(r);
    return { subject, seq: index + 1, time: r.time.toISOString(), messageId: id, data: Buffer.from(payload) };
  });
}

/** Repairs a stream with this content from this journal; returns the ids that were published, in order. */
async function repair(journal: readonly OutboxRow[], content: readonly OutboxRow[], wholeStream: boolean): Promise<string[]> {
  const sent: string[] = [];
  const count = await republishMissing(
    {
      outbox: { readPublished: ({ afterPosition, limit }) => Promise.resolve(journal.filter((r) => r.position > afterPosition).slice(0, limit)) },
      reader: {
        async *readStored() {
          yield* stored(content);
        },
      },
      publisher: {
        publish: (events: readonly OutgoingEvent[]) => {
          sent.push(...events.map(({ id }) => id));
          return Promise.resolve({ lastSeq: 0, duplicates: 0 });
        },
      },
    },
    { wholeStream, signal: new AbortController().signal },
  );
  expect(count).toBe(sent.length);
  return sent;
}

describe('republishMissing', () => {
  it('publishes what the stream lacks and nothing else, oldest first', async () => {
    const journal = [row(1, 1, 1), row(2, 1, 2), row(1, 2, 3), row(2, 2, 4), row(1, 3, 5)];
    expect(await repair(journal, journal.slice(0, 3), false)).toEqual([idOf(2, 2), idOf(1, 3)]);
  });

  it('does not take the run of another tenant for its own', async () => {
    const theirs = { ...row(1, 1, 1), tenantId: '0198a0b0-0000-7000-8000-000000000002' };
    expect(await repair([theirs, row(1, 1, 2)], [theirs], true)).toEqual([idOf(1, 1)]);
  });

  it('finds a hole in the middle of a run', async () => {
    const journal = [row(1, 1, 1), row(1, 2, 2), row(1, 3, 3)];
    expect(await repair(journal, [row(1, 1, 1), row(1, 3, 3)], false)).toEqual([idOf(1, 2)]);
  });

  it('fills an empty stream over many pages, up to the age that it keeps', async () => {
    const ancient = row(9, 1, 1, 31 * 24 * HOUR);
    const journal = [ancient, ...Array.from({ length: 1200 }, (_, i) => row(10 + i, 1, i + 2))];
    const sent = await repair(journal, [], true);
    expect(sent).toHaveLength(1200);
    expect(sent).not.toContain(idOf(9, 1));
  });

  it('leaves out what had aged out of a stream that only lost its end', async () => {
    const journal = [row(1, 1, 1, 20 * HOUR), row(2, 1, 2, 10 * HOUR), row(3, 1, 3, HOUR)];
    expect(await repair(journal, [row(2, 1, 2, 10 * HOUR)], false)).toEqual([idOf(3, 1)]);
  });
});
