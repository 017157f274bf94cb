import type { StoredMessage } from '@holdfast/event-bus';
import type { OutboxRow } from '@holdfast/persistence';
import { messageId } from './event-encoder';
import { Handover } from './handover';

const idOf = (n: number): string => `0198a0b0-0000-7000-8000-${String(n).padStart(12, '0')}`;
const never = new AbortController().signal;

function row(run: number, seq: number, partition = 0, tenant = 1): OutboxRow {
  const runId = idOf(run);
  return { tenantId: idOf(tenant), runId, threadId: runId, seq, position: seq, partition, type: 'run.completed.v1', time: new Date(), traceparent: null, data: {} };
}

/** A stream whose newest events are these; counts the questions. */
function streamOf(...newest: OutboxRow[]): { asked: string[]; readLast: (subject: string) => Promise<StoredMessage | undefined> } {
  const asked: string[] = [];
  const token = (id: string): string => id.replaceAll('-', '');
  const readLast = (subject: string): Promise<StoredMessage | undefined> => {
    asked.push(subject);
    const found = newest.find(({ tenantId, runId }) => subject === `holdfast.v1.${token(tenantId)}.run.${token(runId)}.>`);
    return Promise.resolve(found && { subject, seq: 7, time: '', messageId: messageId(found), data: new Uint8Array() });
  };
  return { asked, readLast };
}

describe('Handover', () => {
  it('finds each run up to its newest stored event', async () => {
    const rows = [row(1, 4), row(2, 1), row(1, 5), row(2, 2), row(1, 6), row(3, 1)];
    const stream = streamOf(row(1, 5), row(2, 2));
    const stored = await new Handover(stream).findStored(rows, [0], never);
    expect(rows.filter((each) => stored.has(each))).toEqual([row(1, 4), row(2, 1), row(1, 5), row(2, 2)].map((each) => expect.objectContaining({ runId: each.runId, seq: each.seq })));
    expect(stream.asked).toHaveLength(3);
  });

  it('does not take the run of another tenant for its own', async () => {
    const stream = streamOf(row(1, 5, 0, 2));
    expect(await new Handover(stream).findStored([row(1, 1)], [0], never)).toEqual(new Set());
  });

  it('finds nothing in a stream that was emptied, and nothing in what carries no id of ours', async () => {
    expect(await new Handover(streamOf()).findStored([row(1, 1)], [0], never)).toEqual(new Set());
    const foreign = { readLast: (subject: string) => Promise.resolve({ subject, seq: 1, time: '', messageId: 'someone', data: new Uint8Array() }) };
    expect(await new Handover(foreign).findStored([row(1, 1)], [0], never)).toEqual(new Set());
  });

  it('asks about a partition until a read brings nothing to light', async () => {
    const stream = streamOf(row(1, 2));
    const handover = new Handover(stream);
    expect((await handover.findStored([row(1, 1), row(1, 2)], [0], never)).size).toBe(2);
    expect((await handover.findStored([row(1, 3), row(2, 1)], [0], never)).size).toBe(0);
    expect(stream.asked).toHaveLength(3);
    await handover.findStored([row(3, 1)], [0], never);
    expect(stream.asked).toHaveLength(3);
  });

  it('asks about a partition that is leased later, and about an empty one never', async () => {
    const stream = streamOf(row(2, 1, 5));
    const handover = new Handover(stream);
    await handover.findStored([], [0], never);
    await handover.findStored([row(1, 1, 0)], [0], never);
    expect(stream.asked).toHaveLength(0);
    expect((await handover.findStored([row(1, 2, 0), row(2, 1, 5)], [0, 5], never)).size).toBe(1);
    expect(stream.asked).toHaveLength(1);
  });

  it('asks about many runs in portions', async () => {
    let running = 0;
    let most = 0;
    const readLast = async (): Promise<undefined> => {
      most = Math.max(most, (running += 1));
      await Promise.resolve();
      running -= 1;
    };
    const rows = Array.from({ length: 100 }, (_, n) => row(n + 1, 1));
    await new Handover({ readLast }).findStored(rows, [0], never);
    expect(most).toBe(32);
  });
});
