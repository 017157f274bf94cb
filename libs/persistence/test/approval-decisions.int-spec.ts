import { v4, v7 } from 'uuid';
import { APPROVAL_LIMITS, type EntryDraft, type HeldApproval, type TenantScope } from '../src/index';
import { ApprovalsFixture, approve, kwargs, question } from './approvals-fixture';
import { aCommit, aRun, asOwner, aTenant } from './support';

const fixture = new ApprovalsFixture();
const { journal, reader, runs, threads, approvals, beginRun, ask, waiting, ofThread, act, eventTypes } = fixture;
let scope: TenantScope;

beforeAll(async () => {
  scope = await fixture.open();
});
afterAll(() => fixture.close());

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
    expect(await eventTypes(id)).toEqual(['approval.requested.v1', 'approval.decided.v1']);
    expect(await runs.list(scope, { threadId: ref.threadId })).toHaveLength(2);
  });

  it('of one of two questions lets the other stand, also while its run waits for its turn', async () => {
    const input = aRun({ kwargs });
    await runs.createRun(scope, input);
    const [a, b] = [v4(), v4()];
    await ask(await beginRun(input), { [a]: question({ action: 'a' }), [b]: question({ action: 'b' }) });
    const ids = new Map((await ofThread(input.threadId)).map((row) => [row.interrupt_id, row.approval_id]));
    const first = await act(ids.get(a) ?? '', approve);
    const seen: boolean[] = [];
    await approvals.act(scope, { approvalId: ids.get(b) ?? '', resumeRunId: v7(), judge: ({ isBusy }) => (seen.push(isBusy), approve) });
    expect(seen).toEqual([false]);
    const run = first.kind === 'done' ? first.resumed?.run : undefined;
    // The first run finds b unanswered, whose answer is in the queue; a has finished, and LangGraph still shows what it asked.
    await ask(await beginRun(aRun({ threadId: input.threadId, runId: run?.run_id ?? '' })), { [a]: question({ action: 'a' }), [b]: question({ action: 'b' }) });
    expect((await ofThread(input.threadId)).map((row) => row.status)).toEqual(['approved', 'approved']);
  });

  it('of another question is none while the run of the first one takes back what was done', async () => {
    const input = aRun({ kwargs });
    await runs.createRun(scope, input);
    const [a, b, c] = [v4(), v4(), v4()];
    await ask(await beginRun(input), { [a]: question({ action: 'a' }), [b]: question({ action: 'b' }), [c]: question({ action: 'c' }) });
    const ids = new Map((await ofThread(input.threadId)).map((row) => [row.interrupt_id, row.approval_id]));
    const runOf = (result: Awaited<ReturnType<typeof act>>): string => (result.kind === 'done' ? (result.resumed?.run.run_id ?? '') : '');
    const first = await beginRun(aRun({ threadId: input.threadId, runId: runOf(await act(ids.get(a) ?? '', approve)) }));
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
    await ask(await beginRun(input), { [a]: question({ action: 'a' }), [b]: question({ action: 'b' }) });
    const ids = new Map((await ofThread(input.threadId)).map((row) => [row.interrupt_id, row.approval_id]));
    const decided = await act(ids.get(a) ?? '', approve);
    const ref = await beginRun(aRun({ threadId: input.threadId, runId: decided.kind === 'done' ? (decided.resumed?.run.run_id ?? '') : '' }));
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
    const { scope: other } = await aTenant();
    expect(await approvals.get(other, id)).toBeNull();
    expect(await approvals.list(other, { limit: 1_000 })).toEqual([]);
    expect(await approvals.act(other, { approvalId: id, resumeRunId: v7(), judge: () => approve })).toEqual({ kind: 'not-found' });
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
    expect(await eventTypes(id)).toEqual(['approval.requested.v1', 'approval.reminded.v1', 'approval.decided.v1']);
  });
});
