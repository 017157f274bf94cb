import { v4, v7 } from 'uuid';
import {
  APPROVAL_LIMITS,
  ApprovalsRepository,
  RunJournal,
  RunsRepository,
  ThreadsRepository,
  type ApprovalRow,
  type CreateRunInput,
  type EntryDraft,
  type HeldApproval,
  type RunRef,
  type TenantScope,
  type Verdict,
} from '../src/index';
import { aCheckpoint, aCommit, aRun, asOwner, aTenant, Fixture } from './support';

const db = new Fixture();
const journal = new RunJournal(db.worker);
const reader = new RunJournal(db.gateway);
const runs = new RunsRepository(db.gateway);
const threads = new ThreadsRepository(db.gateway);
const approvals = new ApprovalsRepository(db.gateway);
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

const kwargs = { input: 1, checkpoint_id: 'old', config: { configurable: { langgraph_auth_user_id: 'author', checkpoint_id: 'old', model: 'm' } } };
const question = (over: Record<string, unknown> = {}) => ({ kind: 'approval', action: 'pay', args: { amount: 1 }, ...over });
const approve: Verdict = {
  entry: { kind: 'approve', principalId: 'p' },
  answer: { decision: 'approved', args: { amount: 1 }, comment: null, decided_by: ['p'], by: 'decision' },
};

async function begin(input: CreateRunInput): Promise<RunRef> {
  const ref = { tenantId: scope.tenantId, threadId: input.threadId, runId: input.runId };
  await journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w', buildId: 'build' });
  return ref;
}

/** Ends the run with questions, by interrupt id, on a checkpoint that shows them. */
async function ask(ref: RunRef, questions: Record<string, unknown>, commit = 1): Promise<string> {
  const interrupts = { task: Object.entries(questions).map(([id, value]) => ({ id, value })) };
  const checkpoint = aCheckpoint(0, { next: ['ask'], tasks: [{ id: 'task', name: 'ask', interrupts: interrupts.task }] });
  await journal.commitProgress(scope, aCommit(ref, commit, { checkpoints: [checkpoint], end: { status: 'interrupted', steps: 1, interrupts } }));
  return checkpoint.checkpointId;
}

/** A thread that waits for an approval. */
async function waiting(over: Partial<CreateRunInput> = {}, asked: Record<string, unknown> = question()): Promise<{ ref: RunRef; checkpointId: string; id: string; interruptId: string }> {
  const input = aRun({ kwargs, ...over });
  await runs.createRun(scope, input);
  const ref = await begin(input);
  const interruptId = v4();
  const checkpointId = await ask(ref, { [interruptId]: asked });
  return { ref, checkpointId, interruptId, id: (await ofThread(ref.threadId))[0]?.approval_id ?? '' };
}

const ofThread = (threadId: string): Promise<ApprovalRow[]> => approvals.list(scope, { threadId });
const act = (approvalId: string, verdict: Verdict, idempotency?: { principalId: string; key: string; requestHash: string }) =>
  approvals.act(scope, { approvalId, resumeRunId: v7(), idempotency, judge: ({ approval }) => (approval.status === 'pending' ? verdict : { entry: { kind: 'approve', principalId: 'p', code: 'APPROVAL_CLOSED' } }) });
const command = (threadId: string, over: Record<string, unknown> = {}) =>
  runs.createRun(scope, aRun({ threadId, ifNotExists: 'reject', kwargs: { command: { resume: 'yes' }, ...over } }));
async function typesOf(id: string): Promise<string[]> {
  const page = await reader.readEvents(scope, { runId: id, afterSeq: 0 });
  expect(page?.events.map((event) => event.seq)).toEqual(page?.events.map((_, i) => i + 1));
  return page?.events.map((event) => event.type) ?? [];
}

describe('the row of an approval', () => {
  it('is made by the commit that asks, with the principal of the run', async () => {
    const { ref, id } = await waiting({}, question({ summary: 'Pay?', policy: { roles: ['lead'], deadlineMs: 60_000, remindEveryMs: 5_000 } }));
    const [row] = await ofThread(ref.threadId);
    expect(row).toMatchObject({ status: 'pending', action: 'pay', summary: 'Pay?', args: { amount: 1 }, requested_by: 'author', roles: ['lead'], policy_version: '1', run_id: ref.runId });
    expect((row?.deadline_at?.getTime() ?? 0) - (row?.created_at.getTime() ?? 0)).toBe(60_000);
    expect((row?.remind_at?.getTime() ?? 0) - (row?.created_at.getTime() ?? 0)).toBe(5_000);
    expect(await typesOf(id)).toEqual(['approval.requested.v1']);
    expect((await typesOf(ref.runId)).at(-1)).toBe('run.interrupted.v1');
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
    await ask(await begin(again), { [interruptId]: question(), sibling: question({ action: 'b' }) });
    const open = await ofThread(ref.threadId);
    expect(open.map((row) => [row.interrupt_id, row.status, row.approval_id === id])).toEqual([['sibling', 'pending', false], [interruptId, 'pending', true]]);
    const changed = aRun({ threadId: ref.threadId, kwargs });
    await runs.createRun(scope, changed);
    await ask(await begin(changed), { [interruptId]: question({ args: { amount: 2 } }) });
    expect((await ofThread(ref.threadId)).map((row) => [row.args, row.status])).toEqual([[{ amount: 2 }, 'pending'], [{ amount: 1 }, 'superseded'], [{ amount: 1 }, 'superseded']]);
    expect(await typesOf(id)).toEqual(['approval.requested.v1', 'approval.superseded.v1']);
  });

  it.each<[string, (ref: RunRef) => Promise<unknown>]>([
    ['another run ends', async ({ threadId }) => {
      const other = aRun({ threadId, kwargs: {} });
      await runs.createRun(scope, other);
      return journal.commitProgress(scope, aCommit(await begin(other), 1, { checkpoints: [aCheckpoint(1)], end: { status: 'success', steps: 1 } }));
    }],
    ['another run fails', async ({ threadId }) => {
      const other = aRun({ threadId, kwargs: {} });
      await runs.createRun(scope, other);
      return journal.commitProgress(scope, aCommit(await begin(other), 1, { end: { status: 'error', steps: 1 } }));
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
    await begin(aRun({ threadId: ref.threadId, runId: resumed }));
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
    const done = await begin(aRun({ threadId: ref.threadId, runId: resumed?.run_id ?? '' }));
    await journal.commitProgress(scope, aCommit(done, 1, { checkpoints: [aCheckpoint(1)], end: { status: 'success', steps: 1 } }));
    expect(await command(ref.threadId)).toMatchObject({ kind: 'created' });
    expect(await command(ref.threadId, { checkpoint_id: checkpointId })).toMatchObject({ reason: 'approval-required' });
  });

  it('refuses commands that were queued before it asked', async () => {
    const input = aRun({ kwargs });
    await runs.createRun(scope, input);
    const ref = await begin(input);
    const queued = await command(ref.threadId);
    const later = aRun({ threadId: ref.threadId, kwargs: { input: 'more' } });
    await runs.createRun(scope, later);
    await ask(ref, { [v4()]: question() });
    expect(queued.kind).toBe('created');
    const refused = queued.kind === 'created' ? await runs.get(scope, { runId: queued.run.run_id }) : null;
    expect(refused).toMatchObject({ status: 'error', error: { code: 'APPROVAL_REQUIRED' } });
    expect(await typesOf(refused?.run_id ?? '')).toEqual(['run.created.v1', 'run.failed.v1']);
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
    await ask(await begin(input), { [a]: question(), [b]: 'which one?' });
    const decided = await act((await ofThread(input.threadId))[0]?.approval_id ?? '', approve);
    const run = decided.kind === 'done' ? decided.resumed?.run : undefined;
    const tasks = [
      { id: 'ta', name: 'ask', interrupts: [{ id: a, value: question() }], result: { done: true } },
      { id: 'tb', name: 'other', interrupts: [{ id: b, value: 'which one?' }] },
    ];
    const interrupts = { ta: tasks[0]?.interrupts ?? [], tb: tasks[1]?.interrupts ?? [] };
    const ref = await begin(aRun({ threadId: input.threadId, runId: run?.run_id ?? '' }));
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [aCheckpoint(1, { next: ['other'], tasks })], end: { status: 'interrupted', steps: 1, interrupts } }));
    expect((await ofThread(input.threadId)).map((row) => row.status)).toEqual(['approved']);
    expect(await command(input.threadId)).toMatchObject({ kind: 'created' });
  });
});

describe('a decision', () => {
  it('makes one run of eight at the same moment, that answers the question as the run that asked', async () => {
    const { ref, id, interruptId } = await waiting();
    const results = await Promise.all(Array.from({ length: 8 }, () => act(id, approve)));
    const made = results.flatMap((result) => (result.kind === 'done' && result.resumed !== null ? [result.resumed.run] : []));
    expect(made).toHaveLength(1);
    expect(made[0]?.kwargs).toEqual({
      input: null,
      command: { resume: { [interruptId]: { approval_id: id, decision: 'approved', args: { amount: 1 }, comment: null, decided_by: ['p'], by: 'decision' } } },
      config: { configurable: { langgraph_auth_user_id: 'author', model: 'm', run_id: made[0]?.run_id, thread_id: ref.threadId } },
    });
    const { approval, entries } = (await approvals.get(scope, id)) ?? {};
    expect(approval).toMatchObject({ status: 'approved', outcome: 'decision', decided_by: ['p'], resume_run_id: made[0]?.run_id });
    expect(entries?.map((entry) => [entry.entry, entry.code])).toEqual([[1, null], ...Array.from({ length: 7 }, (_, i) => [i + 2, 'APPROVAL_CLOSED'])]);
    expect(await typesOf(id)).toEqual(['approval.requested.v1', 'approval.decided.v1']);
    expect(await runs.list(scope, { threadId: ref.threadId })).toHaveLength(2);
  });

  it('of one of two questions lets the other stand, also while its run waits for its turn', async () => {
    const input = aRun({ kwargs });
    await runs.createRun(scope, input);
    const [a, b] = [v4(), v4()];
    await ask(await begin(input), { [a]: question({ action: 'a' }), [b]: question({ action: 'b' }) });
    const ids = new Map((await ofThread(input.threadId)).map((row) => [row.interrupt_id, row.approval_id]));
    const first = await act(ids.get(a) ?? '', approve);
    const seen: boolean[] = [];
    await approvals.act(scope, { approvalId: ids.get(b) ?? '', resumeRunId: v7(), judge: ({ isBusy }) => (seen.push(isBusy), approve) });
    expect(seen).toEqual([false]);
    const run = first.kind === 'done' ? first.resumed?.run : undefined;
    // The first run finds b unanswered, whose answer is in the queue; a has finished, and LangGraph still shows what it asked.
    await ask(await begin(aRun({ threadId: input.threadId, runId: run?.run_id ?? '' })), { [a]: question({ action: 'a' }), [b]: question({ action: 'b' }) });
    expect((await ofThread(input.threadId)).map((row) => row.status)).toEqual(['approved', 'approved']);
  });

  it('of another question is none while the run of the first one takes back what was done', async () => {
    const input = aRun({ kwargs });
    await runs.createRun(scope, input);
    const [a, b, c] = [v4(), v4(), v4()];
    await ask(await begin(input), { [a]: question({ action: 'a' }), [b]: question({ action: 'b' }), [c]: question({ action: 'c' }) });
    const ids = new Map((await ofThread(input.threadId)).map((row) => [row.interrupt_id, row.approval_id]));
    const runOf = (result: Awaited<ReturnType<typeof act>>): string => (result.kind === 'done' ? (result.resumed?.run.run_id ?? '') : '');
    const first = await begin(aRun({ threadId: input.threadId, runId: runOf(await act(ids.get(a) ?? '', approve)) }));
    const queued = runOf(await act(ids.get(b) ?? '', approve));
    const seen: boolean[] = [];
    const look = () => approvals.act(scope, { approvalId: ids.get(c) ?? '', resumeRunId: v7(), judge: ({ isBusy }) => (seen.push(isBusy), undefined) });
    await look();
    const started = { type: 'run.compensation-started.v1', data: { reason: 'wrong', node: 'undo' } } as const;
    await journal.commitProgress(scope, aCommit(first, 1, { events: [started] }));
    await look();
    expect(seen).toEqual([false, true]);
    expect((await ofThread(input.threadId)).map((row) => [row.interrupt_id, row.status]).toSorted()).toEqual(
      [[a, 'approved'], [b, 'approved'], [c, 'superseded']].toSorted(),
    );
    expect(await act(ids.get(c) ?? '', approve)).toMatchObject({ kind: 'done', resumed: null, approval: { status: 'superseded', outcome: 'the run takes back what it did' } });
    expect(await runs.get(scope, { threadId: input.threadId, runId: queued })).toMatchObject({ status: 'interrupted' });
    const page = await reader.readEvents(scope, { runId: queued, afterSeq: 0 });
    expect(page?.events.at(-1)).toMatchObject({ type: 'run.cancelled.v1', data: { reason: `run ${first.runId} takes back what was done` } });
    // The thread is still that of the run that compensates, and what it asks itself is asked.
    expect(await threads.get(scope, input.threadId)).toMatchObject({ status: 'busy' });
    const d = v4();
    await ask(first, { [d]: question({ action: 'd' }) }, 2);
    expect((await ofThread(input.threadId)).find((row) => row.interrupt_id === d)).toMatchObject({ status: 'pending' });
    expect(await threads.get(scope, input.threadId)).toMatchObject({ status: 'interrupted' });
  });

  it('of another question is taken when the run of the first one ended before it was to take back what was done', async () => {
    const input = aRun({ kwargs });
    await runs.createRun(scope, input);
    const [a, b] = [v4(), v4()];
    await ask(await begin(input), { [a]: question({ action: 'a' }), [b]: question({ action: 'b' }) });
    const ids = new Map((await ofThread(input.threadId)).map((row) => [row.interrupt_id, row.approval_id]));
    const decided = await act(ids.get(a) ?? '', approve);
    const ref = await begin(aRun({ threadId: input.threadId, runId: decided.kind === 'done' ? (decided.resumed?.run.run_id ?? '') : '' }));
    await ask(ref, { [b]: question({ action: 'b' }) });
    const started = { type: 'run.compensation-started.v1', data: { reason: 'wrong', node: 'undo' } } as const;
    expect(await journal.commitProgress(scope, aCommit(ref, 2, { events: [started] }))).toMatchObject({ kind: 'terminal' });
    expect(await act(ids.get(b) ?? '', approve)).toMatchObject({ kind: 'done', approval: { status: 'approved' } });
  });

  it('finds how much is kept of everybody and of whoever acts; of refused ones so many of each person are kept', async () => {
    const { id } = await waiting();
    const say = (principalId: string, entry: Omit<EntryDraft, 'principalId'>) =>
      approvals.act(scope, { approvalId: id, principalId, resumeRunId: v7(), judge: () => ({ entry: { ...entry, principalId } }) });
    const refused = { kind: 'approve', code: 'APPROVAL_CHANGED' } as const;
    await say('p', { kind: 'comment', comment: 'a' });
    await say('q', { kind: 'comment', comment: 'b' });
    for (let n = 0; n <= APPROVAL_LIMITS.refusals.own; n += 1) await say('p', refused);
    await say('q', refused);
    const kept: HeldApproval['kept'][] = [];
    await approvals.act(scope, { approvalId: id, principalId: 'q', resumeRunId: v7(), judge: (held) => (kept.push(held.kept), undefined) });
    expect(kept).toEqual([{ all: { comments: 2, refusals: APPROVAL_LIMITS.refusals.own + 1 }, own: { comments: 1, refusals: 1 } }]);
    expect(await act(id, approve)).toMatchObject({ kind: 'done', approval: { status: 'approved' } });
  }, 30_000);

  it('is made once per key', async () => {
    const { id } = await waiting();
    const idempotency = { principalId: 'p', key: 'k', requestHash: 'h' };
    expect(await act(id, approve, idempotency)).toMatchObject({ kind: 'done' });
    expect(await act(id, approve, idempotency)).toMatchObject({ kind: 'repeated', approval: { status: 'approved' } });
    expect(await act(id, approve, { ...idempotency, requestHash: 'other' })).toEqual({ kind: 'idempotency-mismatch' });
    expect((await approvals.get(scope, id))?.entries).toHaveLength(1);
  });

  it('of another tenant finds nothing', async () => {
    const { id } = await waiting();
    const stranger = new ApprovalsRepository(db.gateway);
    const { scope: other } = await aTenant();
    expect(await stranger.get(other, id)).toBeNull();
    expect(await stranger.list(other, { limit: 1_000 })).toEqual([]);
    expect(await stranger.act(other, { approvalId: id, resumeRunId: v7(), judge: () => approve })).toEqual({ kind: 'not-found' });
  });
});

describe('what the clock has to do', () => {
  it('is given to one gateway of several, and again when nothing came of it', async () => {
    const { id } = await waiting({}, question({ policy: { deadlineMs: 1_000 } }));
    const past = (column: string) => asOwner(async (owner) => {
      await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [scope.tenantId]);
      await owner.query(`UPDATE executions.approvals SET ${column} = now() - interval '1 minute' WHERE approval_id = $1`, [id]);
    });
    const claim = async () => (await approvals.claimDue({ limit: 100, leaseMs: 60_000 })).filter(({ approvalId }) => approvalId === id).length;
    expect(await claim()).toBe(0);
    await past('deadline_at');
    expect((await Promise.all(Array.from({ length: 6 }, claim))).sort()).toEqual([0, 0, 0, 0, 0, 1]);
    await past('leased_until');
    expect(await claim()).toBe(1);
    await act(id, { change: { remindAt: null, reminders: 1 }, event: { type: 'approval.reminded.v1', data: { reminders: 1, deadline_at: null } } });
    expect(await claim()).toBe(1);
    await act(id, approve);
    await past('leased_until');
    expect(await claim()).toBe(0);
    expect(await typesOf(id)).toEqual(['approval.requested.v1', 'approval.reminded.v1', 'approval.decided.v1']);
  });
});
