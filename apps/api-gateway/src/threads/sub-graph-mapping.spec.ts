import type { SubGraphRow, TaskSnapshotRow } from '@holdfast/persistence';
import fc from 'fast-check';
import { checkpointIdOf, newerOf, placeOf, stepOf, storedAt, toSubGraphState, toTasks } from './sub-graph-mapping';
import { EMPTY_STATE } from './thread-mapping';
import { checkpointRefSchema } from './threads.schema';

const OUTER = 'outer:k1';
const INNER = `${OUTER}|inner:k2`;
const ROOT = { thread_id: 'th', checkpoint_id: 'root' };

function task(name: string, id: string, more: Partial<TaskSnapshotRow> = {}): TaskSnapshotRow {
  return { id, name, path: ['__pregel_pull', name], interrupts: [], ...more };
}
/** The runtime's name for the thread stands in the address. */
function subGraphTask(name: string, id: string, ns: string, subgraph?: SubGraphRow): TaskSnapshotRow {
  return task(name, id, { state: { configurable: { thread_id: 'thread', checkpoint_ns: ns } as never }, ...(subgraph === undefined ? {} : { subgraph }) });
}
function at(step: number, tasks: TaskSnapshotRow[] = [], more: Partial<SubGraphRow> = {}): SubGraphRow {
  return { values: { step }, next: tasks.map(({ name }) => name), tasks, metadata: { step, source: 'loop', parents: { '': 'root' } }, ...more };
}

describe('checkpoints of sub-graphs', () => {
  it('are named by their namespace and step, both ways', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1, max: 1_000_000 }), fc.string({ minLength: 1 }), (step, text) => {
        const id = checkpointIdOf(`${OUTER}|${text}`, step);
        expect(checkpointRefSchema.parse({ checkpoint_id: id }).checkpoint_id).toBe(id);
        expect(stepOf(`${OUTER}|${text}`, id.toUpperCase())).toBe(step);
        expect(stepOf(OUTER, id)).toBeUndefined();
      }),
    );
    expect(checkpointIdOf(OUTER, 9) < checkpointIdOf(OUTER, 10)).toBe(true);
    expect(stepOf(OUTER, '01890000-0000-7000-8000-000000000001')).toBeUndefined();
  });

  it('are found by the task of the root graph', () => {
    expect(placeOf(INNER)).toEqual({ path: [OUTER, 'inner:k2'], taskId: 'k1' });
    for (const text of ['outer', '', ':', 'outer:', '|inner:k2', 'a:b:c']) expect(placeOf(text)).toBeUndefined();
  });

  it('have the form of the protocol', () => {
    const asked = task('ask', 'k3', { error: { message: 'boom' }, interrupts: [{ id: 'i', value: 'ok?' }] });
    const state = toSubGraphState(ROOT, OUTER, at(2, [asked, subGraphTask('inner', 'k2', INNER, at(0, [task('x', 'k4')]))], { createdAt: new Date(0) }));
    const [id, before] = [checkpointIdOf(OUTER, 2), checkpointIdOf(OUTER, 1)];
    expect(state).toEqual({
      values: { step: 2 },
      next: ['ask', 'inner'],
      checkpoint: { thread_id: 'th', checkpoint_ns: OUTER, checkpoint_id: id, checkpoint_map: { '': 'root', [OUTER]: id } },
      parent_checkpoint: { thread_id: 'th', checkpoint_ns: OUTER, checkpoint_id: before, checkpoint_map: { '': 'root', [OUTER]: before } },
      metadata: { step: 2, source: 'loop', parents: { '': 'root' } },
      created_at: '1970-01-01T00:00:00.000Z',
      interrupts: [{ id: 'i', value: 'ok?' }],
      tasks: [
        { id: 'k3', name: 'ask', path: ['__pregel_pull', 'ask'], error: 'boom', interrupts: [{ id: 'i', value: 'ok?' }], result: null, checkpoint: null, state: null },
        {
          id: 'k2', name: 'inner', path: ['__pregel_pull', 'inner'], error: null, interrupts: [], result: null, state: null,
          checkpoint: { thread_id: 'th', checkpoint_ns: INNER, checkpoint_id: null, checkpoint_map: null },
        },
      ],
    });
    expect(toSubGraphState(ROOT, OUTER, at(-1)).parent_checkpoint).toBeNull();
  });

  it('are addressed below the root checkpoint that holds them: after an edit not the one at which they began', () => {
    const edit = at(3, [], { metadata: { step: 3, source: 'update', parents: { '': 'root', 'outer:k0': 'inner id' } } });
    const { checkpoint, parent_checkpoint: parent } = toSubGraphState({ ...ROOT, checkpoint_id: 'amended' }, OUTER, edit);
    expect(checkpoint?.checkpoint_map).toEqual({ '': 'amended', [OUTER]: checkpointIdOf(OUTER, 3) });
    expect(parent?.checkpoint_map).toEqual({ '': 'amended', [OUTER]: checkpointIdOf(OUTER, 2) });
  });
});

describe('tasks that are sub-graphs', () => {
  const inner = at(1, [task('x', 'k4')]);
  const tasks = [task('plain', 'k0'), subGraphTask('outer', 'k1', OUTER), subGraphTask('other', 'k5', 'other:k5'), subGraphTask('far', 'k6', 'far:k6')];

  it('carry the states that are known, at every level, and the address of others', () => {
    const below = new Map([[OUTER, at(0, [subGraphTask('inner', 'k2', INNER)])], [INNER, inner], ['other:k5', null]]);
    const [plain, outer, other, far] = toTasks(ROOT, tasks, below);
    expect(plain).toMatchObject({ checkpoint: null, state: null });
    expect(outer).toMatchObject({ checkpoint: null, state: { values: { step: 0 }, tasks: [{ checkpoint: null, state: { values: { step: 1 }, next: ['x'] } }] } });
    expect(other).toMatchObject({ checkpoint: null, state: EMPTY_STATE });
    expect(far).toMatchObject({ checkpoint: { thread_id: 'th', checkpoint_ns: 'far:k6' }, state: null });
  });

  it('are found in a stored checkpoint, however deep', () => {
    const stored = [task('plain', 'k0'), subGraphTask('outer', 'k1', OUTER, at(0, [subGraphTask('inner', 'k2', INNER, inner)]))];
    expect(storedAt(stored, INNER)).toBe(inner);
    expect(storedAt(stored, OUTER)?.metadata.step).toBe(0);
    expect([storedAt(stored, 'outer:k'), storedAt(stored, `${OUTER}|inner:k9`), storedAt(tasks, INNER)]).toEqual([undefined, undefined, undefined]);
  });

  it('stand where the journal says, unless the run stopped there', () => {
    const [stored, same, since] = [at(2, [task('ask', 'k')]), at(2), at(3)];
    expect(newerOf(stored, same)).toBe(stored);
    expect(newerOf(stored, undefined)).toBe(stored);
    expect(newerOf(stored, since)).toBe(since);
    const edit = at(3, [], { metadata: { step: 3, source: 'update' } });
    expect([newerOf(edit, same), newerOf(edit, since), newerOf(edit, at(4))]).toEqual([edit, edit, at(4)]);
    expect(newerOf(undefined, since)).toBe(since);
    expect(newerOf(undefined, undefined)).toBeUndefined();
  });
});
