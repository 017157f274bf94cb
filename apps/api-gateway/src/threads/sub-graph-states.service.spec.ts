import type { CheckpointRow, SubGraphRow, TaskSnapshotRow, ToldState, ToldStatesQuery } from '@holdfast/persistence';
import { checkpointIdOf } from './sub-graph-mapping';
import { SubGraphStates } from './sub-graph-states.service';

const ctx = { tenantId: 't', principalId: 'p', roles: [], requestId: 'r' };

function subGraphTask(ns: string, subgraph?: SubGraphRow): TaskSnapshotRow {
  const [name = '', id = ''] = (ns.split('|').at(-1) ?? '').split(':');
  return { id, name, interrupts: [], state: { configurable: { checkpoint_ns: ns } }, ...(subgraph === undefined ? {} : { subgraph }) };
}
function at(step: number, tasks: TaskSnapshotRow[] = []): SubGraphRow {
  return { values: {}, next: ['x'], tasks, metadata: { step } };
}
const rootOf = (tasks: TaskSnapshotRow[]) => ({ thread_id: 'th', checkpoint_id: 'c', tasks }) as unknown as CheckpointRow;

/** The service with what the journal would tell. */
function statesOf(root: CheckpointRow | null, told: (query: ToldStatesQuery) => ToldState[]) {
  const asked: ToldStatesQuery[] = [];
  const journal = { told: async (_: unknown, query: ToldStatesQuery) => (asked.push(query), told(query)) };
  return { asked, states: new SubGraphStates({ get: async () => root } as never, journal as never) };
}

describe('states of sub-graphs', () => {
  it('come with those below them, level by level, and no deeper than ten', async () => {
    const endless = statesOf(null, ({ namespaces }) => namespaces.map((namespace) => ({ namespace, state: at(0, [subGraphTask([...namespace, 'n:k'].join('|'))]) })));
    const found = await endless.states.below(ctx, rootOf([subGraphTask('n:k')]));
    expect(endless.asked).toHaveLength(10);
    expect([...found.keys()].at(-1)?.split('|')).toHaveLength(10);
    expect(endless.asked[1]).toMatchObject({ threadId: 'th', checkpointId: 'c', taskId: 'k', namespaces: [['n:k', 'n:k']], newestOnly: true });
  });

  it('are those of a hundred sub-graphs at most, in one question to the journal', async () => {
    const wide = statesOf(null, () => []);
    const found = await wide.states.below(ctx, rootOf(Array.from({ length: 150 }, (_, i) => subGraphTask(`n:k${i}`, at(i)))));
    expect([wide.asked.length, found.size, found.get('n:k99')?.metadata.step, found.has('n:k100')]).toEqual([1, 100, 99, false]);
  });

  it('are where the run stopped when no journal tells more', async () => {
    const root = rootOf([subGraphTask('n:k', at(3)), subGraphTask('idle:k2')]);
    const { states } = statesOf(root, () => []);
    const [id, earlier] = [checkpointIdOf('n:k', 3), checkpointIdOf('n:k', 2)];
    const stored = await states.get(ctx, 'th', { checkpoint_ns: 'n:k' }, false);
    expect(stored.checkpoint?.checkpoint_id).toBe(id);
    expect(await states.get(ctx, 'th', { checkpoint_ns: 'n:k', checkpoint_id: id }, false)).toEqual(stored);
    expect(await states.get(ctx, 'th', { checkpoint_ns: 'idle:k2' }, false)).toMatchObject({ values: {}, next: [], checkpoint: null });
    await expect(states.get(ctx, 'th', { checkpoint_ns: 'n:k', checkpoint_id: earlier }, false)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const history = (before?: string, ref = {}) => states.history(ctx, 'th', { checkpoint_ns: 'n:k', ...ref }, { limit: 10, before, metadata: undefined });
    expect(await history()).toEqual([stored]);
    expect(await history(checkpointIdOf('n:k', 4), { checkpoint_id: id })).toEqual([stored]);
    for (const none of [history(id), history('01890000-0000-7000-8000-000000000001'), history(undefined, { checkpoint_id: earlier })]) expect(await none).toEqual([]);
  });
});
