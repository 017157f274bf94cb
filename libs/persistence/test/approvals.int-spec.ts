import { v4, v7 } from 'uuid';
import type { RunRef, TenantScope } from '../src/index';
import { ApprovalsFixture, approve, kwargs, question } from './approvals-fixture';
import { aCheckpoint, aCommit, aRun } from './support';

const fixture = new ApprovalsFixture();
const { journal, runs, threads, approvals, beginRun, ask, waiting, ofThread, act, command, eventTypes } = fixture;
let scope: TenantScope;

beforeAll(async () => {
  scope = await fixture.open();
});
afterAll(() => fixture.close());

describe('the row of an approval', () => {
  it('is made by the commit that asks, with the principal of the run', async () => {
    const { ref, id } = await waiting({}, question({ summary: 'Pay?', policy: { roles: ['lead'], deadlineMs: 60_000, remindEveryMs: 5_000 } }));
    const [row] = await ofThread(ref.threadId);
    expect(row).toMatchObject({ status: 'pending', action: 'pay', summary: 'Pay?', args: { amount: 1 }, requested_by: 'author', roles: ['lead'], policy_version: '1', run_id: ref.runId });
    expect((row?.deadline_at?.getTime() ?? 0) - (row?.created_at.getTime() ?? 0)).toBe(60_000);
    expect((row?.remind_at?.getTime() ?? 0) - (row?.created_at.getTime() ?? 0)).toBe(5_000);
    expect(await eventTypes(id)).toEqual(['approval.requested.v1']);
    expect((await eventTypes(ref.runId)).at(-1)).toBe('run.interrupted.v1');
  });

  it('is not made twice by a repeated commit, nor for an ordinary interrupt', async () => {
    const { ref } = await waiting();
    await ask(ref, { other: question({ action: 'again' }) });
    expect(await ofThread(ref.threadId)).toHaveLength(1);
    const plain = await waiting({}, { kind: 'question' });
    expect(plain.id).toBe('');
    expect(await command(plain.ref.threadId)).toMatchObject({ kind: 'created' });
  });

  it('stays when the same is asked again, and goes when something else is', async () => {
    const { ref, id, interruptId } = await waiting();
    const again = aRun({ threadId: ref.threadId, kwargs });
    await runs.createRun(scope, again);
    await ask(await beginRun(again), { [interruptId]: question(), sibling: question({ action: 'b' }) });
    const open = await ofThread(ref.threadId);
    expect(open.map((row) => [row.interrupt_id, row.status, row.approval_id === id])).toEqual([['sibling', 'pending', false], [interruptId, 'pending', true]]);
    const changed = aRun({ threadId: ref.threadId, kwargs });
    await runs.createRun(scope, changed);
    await ask(await beginRun(changed), { [interruptId]: question({ args: { amount: 2 } }) });
    expect((await ofThread(ref.threadId)).map((row) => [row.args, row.status])).toEqual([[{ amount: 2 }, 'pending'], [{ amount: 1 }, 'superseded'], [{ amount: 1 }, 'superseded']]);
    expect(await eventTypes(id)).toEqual(['approval.requested.v1', 'approval.superseded.v1']);
  });

  it.each<[string, (ref: RunRef) => Promise<unknown>]>([
    ['another run ends', async ({ threadId }) => {
      const other = aRun({ threadId, kwargs: {} });
      await runs.createRun(scope, other);
      return journal.commitProgress(scope, aCommit(await beginRun(other), 1, { checkpoints: [aCheckpoint(1)], end: { status: 'success', steps: 1 } }));
    }],
    ['another run fails', async ({ threadId }) => {
      const other = aRun({ threadId, kwargs: {} });
      await runs.createRun(scope, other);
      return journal.commitProgress(scope, aCommit(await beginRun(other), 1, { end: { status: 'error', steps: 1 } }));
    }],
    ['the state is edited', ({ threadId }) => journal.commitEdit(scope, { threadId, checkpoint: aCheckpoint(1, { source: 'update', next: ['ask'] }) })],
    ['the thread is deleted', ({ threadId }) => threads.delete(scope, threadId)],
    ['the run is deleted', ({ threadId, runId }) => runs.delete(scope, { threadId, runId })],
  ])('is superseded when %s', async (_, goOn) => {
    const { ref, id } = await waiting();
    await goOn(ref);
    expect((await approvals.get(scope, id))?.approval).toMatchObject({ status: 'superseded', outcome: expect.any(String) });
    expect(await act(id, approve)).toMatchObject({ kind: 'done', resumed: null, approval: { status: 'superseded' } });
  });

  it('stays while a run that could go on otherwise has not begun, but cannot be decided then', async () => {
    const { ref, id } = await waiting();
    const other = aRun({ threadId: ref.threadId, kwargs: {} });
    await runs.createRun(scope, other);
    const seen: boolean[] = [];
    const look = () => approvals.act(scope, { approvalId: id, resumeRunId: v7(), judge: ({ isBusy }) => (seen.push(isBusy), undefined) });
    await look();
    await runs.cancelPending(scope, { ...other, reason: 'changed my mind' });
    await look();
    expect(seen).toEqual([true, false]);
    expect((await approvals.get(scope, id))?.approval.status).toBe('pending');
  });

  it('is decided beside a delayed run that is not due yet, and the run of the decision goes first', async () => {
    const { ref, id } = await waiting();
    const delayed = aRun({ threadId: ref.threadId, kwargs: {}, afterSeconds: 3_600 });
    await runs.createRun(scope, delayed);
    const seen: boolean[] = [];
    const result = await approvals.act(scope, { approvalId: id, resumeRunId: v7(), judge: ({ isBusy }) => (seen.push(isBusy), approve) });
    expect(seen).toEqual([false]);
    expect(result).toMatchObject({ kind: 'done', resumed: { run: { status: 'pending' } } });
    const resumed = result.kind === 'done' ? (result.resumed?.run.run_id ?? '') : '';
    await beginRun(aRun({ threadId: ref.threadId, runId: resumed }));
    expect(await runs.get(scope, { runId: resumed })).toMatchObject({ status: 'running' });
    expect(await runs.get(scope, delayed)).toMatchObject({ status: 'pending' });
  });
});

describe('a thread that waits for an approval', () => {
  it('takes no command but the decision', async () => {
    const { ref, id, checkpointId } = await waiting();
    for (const over of [{}, { command: { resume: null } }, { command: { goto: 'execute' } }, { command: { update: { a: 1 } } }]) {
      expect(await command(ref.threadId, over)).toEqual({ kind: 'refused', reason: 'approval-required' });
    }
    const key = { principalId: 'p', route: 'r', key: 'k' };
    const keyed = aRun({ threadId: ref.threadId, kwargs: { command: { resume: 1 } }, idempotency: key, requestHash: 'h' });
    expect(await runs.createRun(scope, keyed)).toMatchObject({ reason: 'approval-required' });
    const result = await act(id, approve);
    expect(result).toMatchObject({ kind: 'done', approval: { status: 'approved' }, resumed: { run: { status: 'pending' }, notice: { seq: 1 } } });
    const copied = await threads.copy(scope, { threadId: ref.threadId, newThreadId: v7() });
    expect(await command(copied?.thread_id ?? '', { checkpoint_id: checkpointId })).toMatchObject({ reason: 'approval-required' });
    // A refusal kept neither the key nor anything else.
    expect(await runs.createRun(scope, { ...keyed, kwargs: {} })).toMatchObject({ kind: 'created', replayed: false });
  });

  it('takes none from an older state either', async () => {
    const { ref, id, checkpointId } = await waiting();
    const decided = await act(id, approve);
    const resumed = decided.kind === 'done' ? decided.resumed?.run : undefined;
    const done = await beginRun(aRun({ threadId: ref.threadId, runId: resumed?.run_id ?? '' }));
    await journal.commitProgress(scope, aCommit(done, 1, { checkpoints: [aCheckpoint(1)], end: { status: 'success', steps: 1 } }));
    expect(await command(ref.threadId)).toMatchObject({ kind: 'created' });
    expect(await command(ref.threadId, { checkpoint_id: checkpointId })).toMatchObject({ reason: 'approval-required' });
  });

  it('refuses commands that were queued before it asked', async () => {
    const input = aRun({ kwargs });
    await runs.createRun(scope, input);
    const ref = await beginRun(input);
    const queued = await command(ref.threadId);
    const later = aRun({ threadId: ref.threadId, kwargs: { input: 'more' } });
    await runs.createRun(scope, later);
    await ask(ref, { [v4()]: question() });
    expect(queued.kind).toBe('created');
    const refused = queued.kind === 'created' ? await runs.get(scope, { runId: queued.run.run_id }) : null;
    expect(refused).toMatchObject({ status: 'error', error: { code: 'APPROVAL_REQUIRED' } });
    expect(await eventTypes(refused?.run_id ?? '')).toEqual(['run.created.v1', 'run.failed.v1']);
    expect(await runs.get(scope, later)).toMatchObject({ status: 'pending' });
  });

  it('waits as a copy too, for a decision of its own', async () => {
    const { ref, id } = await waiting();
    const copy = await threads.copy(scope, { threadId: ref.threadId, newThreadId: v7() });
    const [own] = await ofThread(copy?.thread_id ?? '');
    expect(own).toMatchObject({ status: 'pending', requested_by: 'author' });
    expect(await command(copy?.thread_id ?? '')).toMatchObject({ reason: 'approval-required' });
    expect(await act(own?.approval_id ?? '', approve)).toMatchObject({ resumed: { run: { thread_id: copy?.thread_id } } });
    expect((await approvals.get(scope, id))?.approval.status).toBe('pending');
    const orphan = await threads.copy(scope, { threadId: ref.threadId, newThreadId: v7() });
    await threads.delete(scope, ref.threadId);
    const [left] = await ofThread(orphan?.thread_id ?? '');
    expect(await act(left?.approval_id ?? '', approve)).toMatchObject({ resumed: null, approval: { status: 'superseded', outcome: 'the run that asked is gone' } });
  });

  it('outlasts its stateless run, and goes with the run that resumes it', async () => {
    const { ref, id } = await waiting({ deleteThread: true });
    expect(await runs.get(scope, ref)).toMatchObject({ delete_thread: false });
    expect(await act(id, approve)).toMatchObject({ resumed: { run: { delete_thread: true } } });
  });
});

describe('a node that has finished beside one that waits', () => {
  it('asks nothing any more, nor keeps a plain question from being answered', async () => {
    const input = aRun({ kwargs });
    await runs.createRun(scope, input);
    const [a, b] = [v4(), v4()];
    await ask(await beginRun(input), { [a]: question(), [b]: 'which one?' });
    const decided = await act((await ofThread(input.threadId))[0]?.approval_id ?? '', approve);
    const run = decided.kind === 'done' ? decided.resumed?.run : undefined;
    const tasks = [
      { id: 'ta', name: 'ask', interrupts: [{ id: a, value: question() }], result: { done: true } },
      { id: 'tb', name: 'other', interrupts: [{ id: b, value: 'which one?' }] },
    ];
    const interrupts = { ta: tasks[0]?.interrupts ?? [], tb: tasks[1]?.interrupts ?? [] };
    const ref = await beginRun(aRun({ threadId: input.threadId, runId: run?.run_id ?? '' }));
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [aCheckpoint(1, { next: ['other'], tasks })], end: { status: 'interrupted', steps: 1, interrupts } }));
    expect((await ofThread(input.threadId)).map((row) => row.status)).toEqual(['approved']);
    expect(await command(input.threadId)).toMatchObject({ kind: 'created' });
  });
});
