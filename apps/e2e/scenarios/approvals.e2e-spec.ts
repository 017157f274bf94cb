import { randomUUID } from 'node:crypto';
import { addPrincipal, approvalOf, approvalsOf, askAll, askFor, decide, getApproval, type SeenApproval } from '../src/approvals';
import { readJournal } from '../src/database';
import { readFacts } from '../src/fact-stream';
import { problemFrom, problemOf, send } from '../src/http';
import { killHard, untilAllReady, untilBack } from '../src/supervised';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';

describe('people in the loop', () => {
  let tenant: TestTenant;
  let ann: string;
  let bob: string;
  let lead: string;

  beforeAll(async () => {
    await untilAllReady();
    tenant = await aTenant('approvals');
    [ann, bob, lead] = await Promise.all([addPrincipal(tenant, 'ann'), addPrincipal(tenant, 'bob'), addPrincipal(tenant, 'lead', ['lead'])]);
  });
  afterAll(() => untilAllReady());

  /** What the graph made of the decision, once the run that goes on has ended. */
  async function resultOf(decided: SeenApproval): Promise<unknown> {
    return tenant.client.runs.join(decided.thread_id, decided.resume_run_id ?? '');
  }

  it('approve: the graph goes on with what was shown', async () => {
    const asked = await askFor(tenant, { action: 'pay', args: { amount: 5 } });
    expect(asked).toMatchObject({ status: 'pending', requested_by: 'tester', args: { amount: 5 } });
    expect((await tenant.client.threads.get(asked.thread_id)).status).toBe('interrupted');
    const decided = approvalOf(await decide(ann, asked, 'approve', { comment: 'fine' }));
    expect(decided).toMatchObject({ status: 'approved', decided_by: ['ann'], outcome: 'decision' });
    expect(await resultOf(decided)).toMatchObject({ done: [{ amount: 5 }], outcomes: [{ decision: 'approved', comment: 'fine', decidedBy: ['ann'], approvalId: asked.approval_id }] });
    expect((await tenant.client.threads.get(asked.thread_id)).status).toBe('idle');
  });

  it('reject: nothing is done', async () => {
    const asked = await askFor(tenant, { action: 'pay', args: { amount: 5 } });
    const decided = approvalOf(await decide(ann, asked, 'reject', { comment: 'too much' }));
    expect(await resultOf(decided)).toMatchObject({ done: [], outcomes: [{ decision: 'rejected', comment: 'too much' }] });
  });

  it('edit: what people made of it is done; long texts are shown whole and kept whole', async () => {
    const text = `${'long '.repeat(2_000)}!`;
    const asked = await askFor(tenant, { action: 'mail', args: { to: 'x', text } });
    expect(asked.args).toEqual({ to: 'x', text });
    const edited = { to: 'y', text: `${text}?` };
    const decided = approvalOf(await decide(ann, asked, 'edit', { args: edited }));
    expect(decided).toMatchObject({ status: 'approved', args: edited, requested_args: { to: 'x', text } });
    expect(await resultOf(decided)).toMatchObject({ done: [edited], outcomes: [{ decision: 'edited' }] });
  });

  it('plain clients cannot answer in their place', async () => {
    const asked = await askFor(tenant, { action: 'pay', args: 1 });
    const { thread_id: threadId } = asked;
    for (const command of [{ resume: { decision: 'approved' } }, { goto: 'execute' }]) {
      expect(await problemFrom(tenant.client.runs.create(threadId, 'approval-gate', { command }))).toMatchObject({ status: 409, code: 'APPROVAL_REQUIRED' });
    }
    const state = await tenant.client.threads.getState(threadId);
    const fork = tenant.client.runs.create(threadId, 'approval-gate', { command: { resume: 1 }, checkpointId: String(state.checkpoint.checkpoint_id) });
    expect(await problemFrom(fork)).toMatchObject({ code: 'APPROVAL_REQUIRED' });
    const { thread_id: copyId } = (await tenant.client.threads.copy(threadId)) as unknown as { thread_id: string };
    expect(await problemFrom(tenant.client.runs.create(copyId, 'approval-gate', { command: { resume: 1 } }))).toMatchObject({ code: 'APPROVAL_REQUIRED' });
    expect(await approvalsOf(tenant.apiKey, copyId)).toMatchObject([{ status: 'pending', requested_by: 'tester' }]);
    // Without an answer the same question stands.
    await tenant.client.runs.wait(threadId, 'approval-gate', { input: null });
    expect((await approvalsOf(tenant.apiKey, threadId)).map((one) => [one.approval_id, one.status])).toEqual([[asked.approval_id, 'pending']]);
    expect(await resultOf(approvalOf(await decide(ann, asked, 'approve')))).toMatchObject({ done: [1] });
  });

  it('a quorum of two with four eyes and a role', async () => {
    const member = await addPrincipal(tenant, 'second-lead', ['lead']);
    const asked = await askFor(tenant, { action: 'deploy', args: {}, policy: { quorum: 2, fourEyes: true, roles: ['lead', 'admin'] } });
    const refusals = [await decide(tenant.apiKey, asked, 'approve'), await decide(bob, asked, 'approve'), await decide(lead, { ...asked, shown_hash: '0'.repeat(64) }, 'approve')];
    expect(refusals.map((answer) => [answer.status, problemOf(answer).code])).toEqual([[403, 'APPROVAL_FOUR_EYES'], [403, 'APPROVAL_NOT_PERMITTED'], [409, 'APPROVAL_CHANGED']]);
    expect(approvalOf(await decide(lead, asked, 'approve'))).toMatchObject({ status: 'pending', resume_run_id: null });
    expect(problemOf(await decide(lead, asked, 'approve')).code).toBe('APPROVAL_REPEATED');
    const decided = approvalOf(await decide(member, asked, 'approve'));
    expect(await resultOf(decided)).toMatchObject({ outcomes: [{ decidedBy: ['lead', 'second-lead'] }] });
    expect(problemOf(await decide(member, asked, 'reject')).code).toBe('APPROVAL_CLOSED');
    expect(decided.entries?.map((entry) => [entry.principal_id, entry.code])).toEqual([
      ['tester', 'APPROVAL_FOUR_EYES'], ['bob', 'APPROVAL_NOT_PERMITTED'], ['lead', 'APPROVAL_CHANGED'], ['lead', null], ['lead', 'APPROVAL_REPEATED'], ['second-lead', null],
    ]);
  });

  it('of eight at the same moment one decides; a repeated request is answered alike', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, (_, n) => addPrincipal(tenant, `crowd-${n}`)));
    const asked = await askFor(tenant, { action: 'pay', args: 8 });
    const answers = await Promise.all(keys.map((key) => decide(key, asked, 'approve', {}, `once-${asked.approval_id}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
    const winner = answers.findIndex(({ status }) => status === 200);
    const again = approvalOf(await decide(keys[winner] ?? '', asked, 'approve', {}, `once-${asked.approval_id}`));
    expect(again.entries).toHaveLength(8);
    expect(problemOf(await decide(keys[winner] ?? '', asked, 'reject', {}, `once-${asked.approval_id}`)).code).toBe('IDEMPOTENCY_MISMATCH');
    expect(await resultOf(again)).toMatchObject({ done: [8] });
    expect(await tenant.client.runs.list(asked.thread_id)).toHaveLength(2);
  });

  it('two questions at once: each has its own decision', async () => {
    const [first, second] = await askAll(tenant, [{ action: 'a', args: 1 }, { action: 'b', args: 2 }]);
    if (first === undefined || second === undefined) throw new Error('not asked');
    const halfway = approvalOf(await decide(ann, first, 'approve'));
    const decided = approvalOf(await decide(ann, second, 'reject'));
    await resultOf(halfway);
    expect(await resultOf(decided)).toMatchObject({ done: [1] });
    expect((await approvalsOf(tenant.apiKey, first.thread_id)).map((one) => one.status).sort()).toEqual(['approved', 'rejected']);
    expect((await tenant.client.threads.get(first.thread_id)).status).toBe('idle');
  });

  it('delegate and comment', async () => {
    const asked = await askFor(tenant, { action: 'pay', args: 1, policy: { roles: ['lead'] } });
    const path = `/approvals/${asked.approval_id}`;
    expect(problemOf(await send({ method: 'POST', path: `${path}/delegate`, apiKey: lead, json: { to: 'nobody-here' } }))).toMatchObject({ status: 422, errors: [{ path: 'to' }] });
    expect(approvalOf(await send({ method: 'POST', path: `${path}/delegate`, apiKey: lead, json: { to: 'bob', comment: 'on leave' } }))).toMatchObject({ assignees: ['bob'] });
    approvalOf(await send({ method: 'POST', path: `${path}/comment`, apiKey: ann, json: { comment: 'hurry' } }));
    const mine = await send({ method: 'GET', path: '/approvals?status=pending&assignee=bob&limit=1', apiKey: bob });
    expect((JSON.parse(mine.text) as SeenApproval[]).map((one) => one.approval_id)).toEqual([asked.approval_id]);
    expect(mine.headers.get('x-pagination-next')).toBe(asked.approval_id);
    expect(problemOf(await decide(lead, asked, 'approve')).code).toBe('APPROVAL_NOT_PERMITTED');
    expect(await resultOf(approvalOf(await decide(bob, asked, 'approve')))).toMatchObject({ done: [1] });
  });

  it('a deadline that rejects, with reminders before; a late decision is refused', async () => {
    const asked = await askFor(tenant, { action: 'pay', args: 1, policy: { deadlineMs: 6_000, remindEveryMs: 1_000 } });
    await waitUntil('it was reminded', async () => (await getApproval(ann, asked.approval_id)).reminders > 0);
    const decided = await waitUntil('the deadline decides', async () => {
      const seen = await getApproval(ann, asked.approval_id);
      return seen.status === 'rejected' && seen;
    });
    expect(decided).toMatchObject({ outcome: 'deadline', decided_by: [] });
    expect(problemOf(await decide(ann, asked, 'approve'))).toMatchObject({ status: 409, code: 'APPROVAL_CLOSED' });
    expect(await resultOf(decided)).toMatchObject({ done: [], outcomes: [{ decision: 'rejected', decidedBy: [] }] });
  }, 60_000);

  it('a deadline that escalates, and one that fails the run', async () => {
    const [escalating, failing] = await Promise.all([
      askFor(tenant, { action: 'pay', args: 1, policy: { deadlineMs: 6_000, onDeadline: 'escalate', roles: ['ops'], escalateTo: ['lead'] } }),
      askFor(tenant, { action: 'pay', args: 1, policy: { deadlineMs: 1_000, onDeadline: 'fail' } }),
    ]);
    const failed = await waitUntil('the run is to fail', async () => {
      const seen = await getApproval(ann, failing.approval_id);
      return seen.status === 'failed' && seen;
    });
    await tenant.client.runs.join(failed.thread_id, failed.resume_run_id ?? '').catch(() => undefined);
    expect((await tenant.client.runs.get(failed.thread_id, failed.resume_run_id ?? '')).status).toBe('error');
    expect((await readJournal(tenant.tenantId, failed.resume_run_id ?? '')).at(-1)).toMatchObject({ type: 'run.failed.v1', data: { error: { code: 'APPROVAL_EXPIRED' } } });
    const escalated = await waitUntil('it is escalated', async () => {
      const seen = await getApproval(ann, escalating.approval_id);
      return seen['escalated'] === true && seen;
    }, { timeoutMs: 40_000 });
    expect(escalated).toMatchObject({ status: 'pending', roles: ['lead'], policy_version: '1+escalated' });
    expect(problemOf(await decide(lead, escalating, 'approve')).code).toBe('APPROVAL_CHANGED');
    expect(await resultOf(approvalOf(await decide(lead, escalated, 'approve')))).toMatchObject({ done: [1] });
  }, 90_000);

  it('a question that the thread does not ask any more is superseded', async () => {
    const [edited, deleted, moved] = await Promise.all(['edited', 'deleted', 'moved'].map((action) => askFor(tenant, { action, args: 1 })));
    if (edited === undefined || deleted === undefined || moved === undefined) throw new Error('not asked');
    await tenant.client.threads.updateState(edited.thread_id, { values: { done: ['by hand'] }, asNode: 'execute' });
    await tenant.client.threads.delete(deleted.thread_id);
    await tenant.client.runs.wait(moved.thread_id, 'approval-gate', { input: { questions: [{ action: 'other', args: 2 }] } });
    for (const old of [edited, deleted, moved]) {
      expect(problemOf(await decide(ann, old, 'approve'))).toMatchObject({ status: 409, code: 'APPROVAL_CLOSED' });
      expect(await getApproval(ann, old.approval_id)).toMatchObject({ status: 'superseded' });
    }
    expect((await approvalsOf(tenant.apiKey, moved.thread_id)).map((one) => [one['action'], one.status])).toEqual([['other', 'pending'], ['moved', 'superseded']]);
  });

  it('facts of an approval are numbered by themselves and name their run', async () => {
    const asked = await askFor(tenant, { action: 'pay', args: 1 });
    const decided = approvalOf(await decide(ann, asked, 'approve'));
    await resultOf(decided);
    const facts = await waitUntil('they are relayed', async () => {
      const own = (await readFacts(tenant.tenantId)).filter(({ event }) => event.subject === `approval/${asked.approval_id}`);
      return own.length === 2 && own;
    });
    expect(facts.map(({ event }) => [event.type, event.seq, (event.data as { run_id: string }).run_id])).toEqual([
      ['approval.requested.v1', 1, asked.run_id],
      ['approval.decided.v1', 2, asked.run_id],
    ]);
  });

  it('a decision survives the death of the gateway before its delivery', async () => {
    const asked = await askFor(tenant, { action: 'pay', args: 9 });
    // With Temporal away no delivery can succeed: what is committed now cannot have been delivered when the gateway dies.
    const temporal = killHard('temporal');
    const key = randomUUID();
    const decided = approvalOf(await decide(ann, asked, 'approve', {}, key));
    const gateway = killHard('api-gateway');
    await Promise.all([untilBack('temporal', temporal), untilBack('api-gateway', gateway)]);
    expect(await resultOf(decided)).toMatchObject({ done: [9] });
    expect(approvalOf(await decide(ann, asked, 'approve', {}, key))).toMatchObject({ resume_run_id: decided.resume_run_id });
    expect((await readJournal(tenant.tenantId, decided.resume_run_id ?? '')).filter((row) => row.type === 'run.started.v1')).toHaveLength(1);
    expect(await tenant.client.runs.list(asked.thread_id)).toHaveLength(2);
  }, 120_000);
});
