import { addPrincipal, approvalOf, approvalsOf, decide, type SeenApproval } from '../src/approvals';
import { readJournal } from '../src/database';
import { killHard, untilAllReady, untilBack } from '../src/supervised';
import { aTenant } from '../src/tenant';
import { listExecutions } from '../src/workflows';

it('a sub-agent asks people through the run that it works for, one question after the other, and its worker may die meanwhile', async () => {
  await untilAllReady();
  const tenant = await aTenant('sub-agents');
  const ann = await addPrincipal(tenant, 'ann');
  const { thread_id: threadId } = await tenant.client.threads.create();
  const questions = ['pay', 'mail'].map((action) => ({ action, args: { of: action } }));
  const { run_id: runId } = await tenant.client.runs.create(threadId, 'delegating', { input: { questions } });
  await tenant.client.runs.join(threadId, runId);
  expect((await tenant.client.runs.get(threadId, runId)).status).toBe('interrupted');
  const pending = async (): Promise<SeenApproval[]> => (await approvalsOf(tenant.apiKey, threadId)).filter(({ status }) => status === 'pending');
  const [first, ...more] = await pending();
  expect([first?.args, more]).toEqual([{ of: 'pay' }, []]);
  expect((await listExecutions(tenant.tenantId)).filter(({ status }) => status === 'RUNNING')).toEqual([]);
  await untilBack('worker', killHard('worker'));
  const approved = approvalOf(await decide(ann, first!, 'approve'));
  await tenant.client.runs.join(threadId, approved.resume_run_id ?? '');
  const [second] = await pending();
  expect(second?.args).toEqual({ of: 'mail' });
  const rejected = approvalOf(await decide(ann, second!, 'reject'));
  expect(await tenant.client.runs.join(threadId, rejected.resume_run_id ?? '')).toMatchObject({ done: [{ of: 'pay' }] });
  expect((await tenant.client.threads.get(threadId)).status).toBe('idle');
  for (const id of [runId, approved.resume_run_id, rejected.resume_run_id]) {
    const journal = await readJournal(tenant.tenantId, id ?? '');
    expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, index) => index + 1));
  }
}, 120_000);
