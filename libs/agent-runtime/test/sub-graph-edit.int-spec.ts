import { randomUUID } from 'node:crypto';
import type { SubGraphEdit, TaskSnapshot } from '../src/api';
import { useRuntime } from './support/use-runtime';

const { runtime } = useRuntime();

const headOf = (threadId: string) => runtime.journal.head(threadId)!;
const effectsOf = (runId: string) => runtime.journal.effects.filter((effect) => effect.runId === runId);
const edit = (threadId: string, subGraph: SubGraphEdit) => runtime.threads.editState(runtime.ctx, threadId, { commandId: randomUUID(), graphId: 'nested', subGraph });

/** A thread that waits inside of the sub-graph `child`. */
async function waiting() {
  const { runId, threadId } = await runtime.start({ graphId: 'nested', input: { draft: 'mine' } });
  expect(await runtime.journal.ended(runId)).toMatchObject({ status: 'interrupted' });
  const before = headOf(threadId);
  const task = before.tasks[0] as TaskSnapshot;
  return { runId, threadId, before, task, ns: `child:${task.id}` };
}

describe('an edit inside of a sub-graph', () => {
  it('is what the sub-graph goes on with, from where it stands', async () => {
    const { runId, threadId, before, task, ns } = await waiting();
    expect(task.subgraph).toMatchObject({ values: { draft: 'mine', outs: ['Echo: child'] }, next: ['cb'], metadata: { step: 1 } });
    const { checkpointId } = await edit(threadId, { ns, values: { outs: ['edited'] }, asNode: 'ca' });
    const after = headOf(threadId);
    expect(after).toMatchObject({ checkpointId, parentCheckpointId: before.checkpointId, source: 'update', step: before.step, next: ['child'], values: before.values });
    const edited = { values: { draft: 'mine', outs: ['Echo: child', 'edited'] }, next: ['cb'], metadata: { step: 2, source: 'update' } };
    expect(after.tasks).toMatchObject([{ id: task.id, interrupts: [], subgraph: edited }]);
    // Calls of its run stand under that one's name in the ledgers.
    expect(JSON.parse(after.saved.split('\n')[0] ?? '')).toMatchObject({ run: { originRunId: runId } });

    await edit(threadId, { ns, values: { draft: 'theirs' }, asNode: 'ca' });
    expect(headOf(threadId).tasks).toMatchObject([{ id: task.id, subgraph: { values: { draft: 'theirs', outs: ['Echo: child', 'edited'] }, metadata: { step: 3 } } }]);
    const resumed = await runtime.start({ graphId: 'nested', threadId, command: { resume: 'yes' } });
    expect(await runtime.journal.ended(resumed.runId)).toMatchObject({ status: 'success' });
    expect(headOf(threadId).values['draft']).toBe('Echo: child|edited:yes');
    expect(effectsOf(resumed.runId)).toEqual([]);
  }, 30_000);

  it('has its question asked again: an answer to that, by its id, was given to another state', async () => {
    const { threadId, ns, task } = await waiting();
    await edit(threadId, { ns, values: { outs: ['edited'] }, asNode: 'ca' });
    const answered = await runtime.start({ graphId: 'nested', threadId, command: { resume: { [task.interrupts[0]!.id!]: 'old' } } });
    const { status, interrupts = {} } = await runtime.journal.ended(answered.runId);
    expect(status).toBe('interrupted');
    const [again] = interrupts[task.id] ?? [];
    expect(again).toMatchObject({ value: 'child asks' });
    expect(again?.id).not.toBe(task.interrupts[0]?.id);
    const resumed = await runtime.start({ graphId: 'nested', threadId, command: { resume: { [again!.id!]: 'new' } } });
    expect(await runtime.journal.ended(resumed.runId)).toMatchObject({ status: 'success' });
    expect(headOf(threadId).values['draft']).toBe('Echo: child|edited:new');
  }, 30_000);

  it('can do a node’s work: what it asked is not asked any more', async () => {
    const { threadId, ns } = await waiting();
    await edit(threadId, { ns, values: { ok: 'by hand' }, asNode: 'cb' });
    expect(headOf(threadId).tasks).toMatchObject([{ interrupts: [], subgraph: { next: [], tasks: [], values: { ok: 'by hand' } } }]);
    await expect(edit(threadId, { ns, values: { ok: 'again' } })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const resumed = await runtime.start({ graphId: 'nested', threadId });
    expect(await runtime.journal.ended(resumed.runId)).toMatchObject({ status: 'success' });
    expect(headOf(threadId).values['draft']).toBe('Echo: child:by hand');
  }, 30_000);

  it('is taken of one of two people who edit from the same step', async () => {
    const { threadId, ns } = await waiting();
    const [mine, yours] = ['mine', 'yours'].map((draft) => ({ ns, step: 1, values: { draft }, asNode: 'ca' }));
    const edits = await Promise.allSettled([edit(threadId, mine!), edit(threadId, yours!)]);
    expect(edits.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(edits).toContainEqual({ status: 'rejected', reason: expect.objectContaining({ code: 'CONFLICT', message: expect.stringContaining('stands at step 2 by now') }) });
    await edit(threadId, { ns, step: 2, values: { ok: 'by hand' }, asNode: 'cb' });
    await expect(edit(threadId, { ns, step: 2, values: { ok: 'late' } })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(headOf(threadId).tasks).toMatchObject([{ subgraph: { values: { draft: edits[0]?.status === 'fulfilled' ? 'mine' : 'yours', ok: 'by hand' } } }]);
  }, 30_000);

  it('is refused where nothing is left to run, for what the sub-graph does not know, and leaves all as it is', async () => {
    const { threadId, ns, before } = await waiting();
    const refused = { code: 'INVALID_ARGUMENT' };
    for (const wrong of [`child:${randomUUID()}`, ns.replace('child', 'post'), `${ns}|inner:1`, 'child']) {
      await expect(edit(threadId, { ns: wrong, values: { ok: 'x' } })).rejects.toMatchObject(refused);
    }
    await expect(edit(threadId, { ns, values: { ok: 'x' }, asNode: 'nobody' })).rejects.toMatchObject(refused);
    await expect(edit(threadId, { ns, values: 'text' as never })).rejects.toMatchObject(refused);
    expect(headOf(threadId)).toEqual(before);
    const resumed = await runtime.start({ graphId: 'nested', threadId, command: { resume: 'no' } });
    expect(await runtime.journal.ended(resumed.runId)).toMatchObject({ status: 'success' });
    await expect(edit(threadId, { ns, values: { ok: 'x' } })).rejects.toMatchObject(refused);
  }, 30_000);
});
