import { createHash } from 'node:crypto';
import type { Frame, JournalRow } from '@holdfast/contracts/events';
import type { NatsLink, NoticeBus } from '@holdfast/event-bus';
import type { RunJournal } from '@holdfast/persistence';
import { systemContext } from '@holdfast/tenant-context';
import type { StreamMode } from '../runs/runs.schema';
import { STREAM_START, decodeCursor, type StreamCursor } from './cursor';
import { Hydrator } from './hydrator';
import { RunFollower } from './run-follower';
import type { StreamEvent } from './run-projection';
import { RunStreamService } from './run-stream.service';

const ctx = systemContext('01900000-0000-7000-8000-00000000000a', 'test', 'r');
const RUN = '01890000-0000-7000-8000-000000000001';
const run = { run_id: RUN, thread_id: 'thread', assistant_id: 'assistant', graph_id: 'graph', kwargs: {} };

const human = (id: string) => ({ type: 'human', id, content: id });
const old = Array.from({ length: 32 }, (_, i) => human(`old-${i}`));
const part = JSON.stringify(old);
const hash = `sha256:${createHash('sha256').update(part).digest('hex')}`;
/** The state of a long thread, as it is stored. */
const state = { parent_checkpoint_id: null, values: { messages: [{ $list: hash, count: old.length }] }, next: [], tasks: [], metadata: {} };

const row = (seq: number, type: JournalRow['type'], data: unknown): JournalRow => ({
  tenantId: ctx.tenantId,
  runId: RUN,
  threadId: 'thread',
  seq,
  type,
  time: new Date(0),
  traceparent: null,
  data,
});
const step = (seq: number, frame: Frame): JournalRow =>
  row(seq, 'run.step-completed.v1', { step: seq, checkpoint_id: null, parent_checkpoint_id: null, frames: [frame] });
const rows = [
  row(1, 'run.created.v1', {}),
  step(2, { ns: [], mode: 'values', data: { checkpoint_id: 'first' } }),
  step(3, { ns: [], mode: 'updates', data: { one: { messages: [human('new-1')] } } }),
  step(4, { ns: [], mode: 'updates', data: { two: { messages: [old[0]!, human('new-2'), old[31]!, human('new-3')] } } }),
  row(5, 'run.completed.v1', { steps: 3 }),
];

/** All that a viewer of the finished run gets. */
async function watch(mode: StreamMode, from: StreamCursor): Promise<StreamEvent[]> {
  const journal = { readEvents: async () => ({ status: 'success', lastSeq: rows.length, events: rows }) } as unknown as RunJournal;
  const bus = { subscribe: () => () => undefined } as unknown as NoticeBus;
  const follower = new RunFollower(journal, { isUp: false } as NatsLink, bus);
  const service = new RunStreamService(follower, { get: async () => state } as never, new Hydrator({ getMany: async () => new Map([[hash, part]]) } as never));
  const events: StreamEvent[] = [];
  const request = { run, view: { modes: new Set([mode]), subgraphs: false }, from };
  for await (const event of service.events(ctx, request, AbortSignal.timeout(5_000))) events.push(event);
  return events;
}

describe.each(['messages', 'messages-tuple'] as const)('a viewer of %s on a thread whose messages are stored in parts', (mode) => {
  it('gets after every cut what he would have got without it', async () => {
    const whole = await watch(mode, STREAM_START);
    expect(JSON.stringify(whole)).not.toContain('old-');
    for (const [i, { id }] of whole.entries()) expect(await watch(mode, decodeCursor(id)!)).toEqual(whole.slice(i + 1));
  });
});
