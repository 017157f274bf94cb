import { shownTasks } from './state-frames';

describe('tasks of a checkpoint on the stream', () => {
  it('name sub-graphs by the thread that they are of, and leave their states to frames of their own', () => {
    const task = { id: 'k', name: 'inner', interrupts: [{ id: 'i', value: 'ok?' }] };
    const subgraph = { values: { secret: 1 }, next: ['ask'], tasks: [], metadata: { step: 1 } };
    const tasks = [{ ...task, state: { configurable: { thread_id: 'thread', checkpoint_ns: 'inner:k' } as never }, subgraph }, { ...task, name: 'plain' }];
    expect(shownTasks('t1', tasks)).toEqual([{ ...task, state: { configurable: { thread_id: 't1', checkpoint_ns: 'inner:k' } } }, { ...task, name: 'plain' }]);
  });
});
