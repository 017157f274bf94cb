import type { CheckpointRow } from '@holdfast/persistence';
import { extractPath } from './extract-path';
import { selectState, toThreadState } from './thread-mapping';
import { beforeId } from './threads.schema';

const at = new Date('2026-01-02T03:04:05.678Z');
const row: CheckpointRow = {
  tenant_id: 't',
  thread_id: 'th',
  checkpoint_id: 'c2',
  parent_checkpoint_id: 'c1',
  run_id: 'r',
  step: 1,
  source: 'loop',
  values: { messages: [{ id: 'm' }], plan: 'x' },
  next: ['ask'],
  tasks: [{ id: 'k', name: 'ask', error: { message: 'boom' }, interrupts: [{ id: 'i', value: 'ok?' }], state: { configurable: { thread_id: 'thread', checkpoint_ns: 'ask:k' } }, subgraph: {} } as never],
  metadata: { step: 1 },
  position: 1,
  created_at: at,
};

describe('a thread state', () => {
  it('has the form of the protocol', () => {
    expect(toThreadState(row)).toEqual({
      values: row.values,
      next: ['ask'],
      checkpoint: { thread_id: 'th', checkpoint_ns: '', checkpoint_id: 'c2', checkpoint_map: null },
      parent_checkpoint: { thread_id: 'th', checkpoint_ns: '', checkpoint_id: 'c1', checkpoint_map: null },
      metadata: { step: 1 },
      created_at: at.toISOString(),
      interrupts: [{ id: 'i', value: 'ok?' }],
      tasks: [
        {
          id: 'k',
          name: 'ask',
          error: 'boom',
          interrupts: [{ id: 'i', value: 'ok?' }],
          result: null,
          state: null,
          checkpoint: { thread_id: 'th', checkpoint_id: null, checkpoint_map: null, checkpoint_ns: 'ask:k' },
        },
      ],
    });
  });

  it('may be narrowed, also to keys of the values', () => {
    const state = toThreadState(row);
    expect(selectState(state, undefined)).toBe(state);
    expect(selectState(state, ['next'])).toEqual({ next: ['ask'] });
    expect(selectState(state, ['values.plan', 'next'])).toEqual({ next: ['ask'], values: { plan: 'x' } });
    expect(selectState(state, ['values', 'values.plan'])).toEqual({ values: row.values });
  });

  it('takes `before` in every form', () => {
    const id = '01890000-0000-7000-8000-000000000001';
    expect([id, { configurable: { checkpoint_id: id } }, { checkpoint_id: id }, null, undefined].map((b) => beforeId(b))).toEqual([id, id, id, undefined, undefined]);
  });
});

describe('extract', () => {
  const thread = { values: { messages: [{ content: 'a' }, { content: 'b', list: [1, 2] }] } };
  it.each([
    ['values.messages[0].content', 'a'],
    ['values.messages[-1].content', 'b'],
    ['values.messages[1].list[-2]', 1],
    ['values.messages[9].content', undefined],
    ['values.constructor.name', undefined],
    ['values.messages.length', undefined],
    ['values..messages', undefined],
    ['values[', undefined],
  ])('%s', (path, expected) => expect(extractPath(thread, path)).toBe(expected));
});
