import type { Frame, JournalRow } from '@holdfast/contracts/events';
import type { TokenChunk } from '@holdfast/contracts/messages';
import { STREAM_START, decodeCursor, type StreamCursor } from './cursor';
import { RunProjection, type StreamEvent } from './run-projection';

const CALL = '0123456789abcdef-0';
const RUN = '01890000-0000-7000-8000-000000000001';
const ID = `run-${RUN}-${CALL}`;
const start: Frame = { ns: [], mode: 'tasks', data: { id: 't1', name: 'agent', triggers: ['start'], interrupts: [] } };
const row: JournalRow = {
  tenantId: 'tenant',
  runId: RUN,
  threadId: 'thread',
  seq: 1,
  type: 'run.step-completed.v1',
  time: new Date(0),
  traceparent: null,
  data: { step: 1, checkpoint_id: null, parent_checkpoint_id: null, frames: [start] },
};
const base = { call: CALL, attempt: 1, messageId: ID, node: 'agent', ns: [] };
const chunk = (offset: number, text: string, last?: true): TokenChunk => ({ ...base, offset, text, ...(last ? { last } : {}) });
const chunks = [chunk(0, 'Hel'), chunk(3, 'lo '), chunk(6, 'there'), chunk(11, '', true)];

function watch(from: StreamCursor): StreamEvent[] {
  const context = { runId: RUN, threadId: 'thread', assistantId: 'a', graphId: 'g' };
  const projection = new RunProjection(context, { modes: new Set(['messages', 'messages-tuple']), subgraphs: false }, from);
  return [...projection.applyRow(row, new Map()), ...chunks.flatMap((each) => projection.applyToken(each))];
}

const contentsOf = (events: readonly StreamEvent[], event: string): string[] =>
  events.filter((one) => one.event === event).map(({ data }) => (data as [{ content: string }])[0].content);

it('a viewer of both message modes who is cut off anywhere gets every piece of the one once, and the latest of the other', () => {
  const whole = watch(STREAM_START);
  expect(whole).toHaveLength(1 + 2 * chunks.length);
  for (let cut = 1; cut <= whole.length; cut += 1) {
    const all = [...whole.slice(0, cut), ...watch(decodeCursor(whole[cut - 1]!.id)!)];
    expect(contentsOf(all, 'messages')).toEqual(chunks.map(({ text }) => text));
    expect([...new Set(contentsOf(all, 'messages/partial'))]).toEqual(['Hel', 'Hello ', 'Hello there']);
    expect(contentsOf(all.slice(-2), 'messages/partial')).toEqual(['Hello there']);
  }
});
