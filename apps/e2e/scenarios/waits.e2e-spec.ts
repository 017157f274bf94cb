import { randomUUID } from 'node:crypto';
import { approvalOf, approvalsOf, decide } from '../src/approvals';
import { readJournal } from '../src/database';
import { problemOf } from '../src/http';
import { killHard, untilAllReady, untilBack } from '../src/supervised';
import { aTenant, type TestTenant } from '../src/tenant';
import { eventOf, post, untilWaitsFor, waitsOf } from '../src/waits';
import { waitUntil } from '../src/wait-until';
import { listExecutions } from '../src/workflows';

const PAID = 'payment.received';

describe('a graph that waits', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    await untilAllReady();
    tenant = await aTenant('waits');
  });
  afterAll(() => untilAllReady());

  /** Begins an order on a thread of its own; returns when it waits for the first time. */
  async function order(input: Readonly<Record<string, unknown>> = {}): Promise<{ threadId: string; key: string }> {
    const { thread_id: threadId } = await tenant.client.threads.create();
    const key = `order-${randomUUID()}`;
    await tenant.client.runs.wait(threadId, 'waits', { input: { order: key, coolingOffSeconds: 1, paymentSeconds: 600, ...input } });
    return { threadId, key };
  }
  const pay = (key: string, more: Readonly<Record<string, unknown>> = {}) => post(tenant, { type: PAID, key, payload: { amount: 5 }, ...more });
  const outcomeOf = async (threadId: string) => (await tenant.client.threads.getState<{ outcome: string; payment: unknown }>(threadId)).values;
  const untilOutcome = (threadId: string, outcome: string) =>
    waitUntil(`${threadId} is ${outcome}`, async () => (await outcomeOf(threadId)).outcome === outcome, { timeoutMs: 30_000 });
  const untilAsked = (threadId: string) => waitUntil('a person is asked', async () => (await approvalsOf(tenant.apiKey, threadId))[0], { timeoutMs: 30_000 });

  it('for time, for an event, for a person; a waiting run is rows and no workflow', async () => {
    const { threadId, key } = await order();
    const [timed] = await waitsOf(tenant, threadId);
    expect(timed).toMatchObject({ status: 'pending', event_type: null });
    expect(new Date(timed?.wake_at ?? 0).getTime() - new Date(timed?.created_at ?? 0).getTime()).toBe(1_000);
    await untilWaitsFor(tenant, threadId, PAID);
    expect((await tenant.client.threads.get(threadId)).status).toBe('interrupted');
    await waitUntil('no workflow is open', async () => (await listExecutions(tenant.tenantId, threadId)).every(({ status }) => status !== 'RUNNING'), { timeoutMs: 60_000, everyMs: 1_000 });

    expect(eventOf(await pay(`${key}-other`)).woken).toBe(0);
    expect(eventOf(await pay(key)).woken).toBe(1);
    const asked = await untilAsked(threadId);
    expect(asked.args).toEqual({ order: key, payment: { amount: 5 } });
    const decided = approvalOf(await decide(tenant.apiKey, asked, 'approve'));
    await tenant.client.runs.join(threadId, decided.resume_run_id ?? '');
    expect(await outcomeOf(threadId)).toMatchObject({ outcome: 'released', payment: { amount: 5 } });
    expect((await waitsOf(tenant, threadId)).map(({ status, outcome }) => [status, outcome])).toEqual([['over', 'elapsed'], ['over', 'event']]);
    expect(await tenant.client.runs.list(threadId)).toHaveLength(4);
  }, 120_000);

  it('for an event in vain', async () => {
    const { threadId } = await order({ paymentSeconds: 1 });
    await untilOutcome(threadId, 'unpaid');
    expect((await waitsOf(tenant, threadId)).at(-1)).toMatchObject({ status: 'over', outcome: 'timeout' });
  }, 60_000);

  it('takes an event that came before, whole; posted twice it counts once', async () => {
    const key = `order-${randomUUID()}`;
    const [id, text] = [randomUUID(), 'long '.repeat(2_000)];
    const first = await pay(key, { id, payload: { text } });
    expect(eventOf(first).woken).toBe(0);
    const { threadId } = await order({ order: key });
    const asked = await untilAsked(threadId);
    expect(asked.args).toEqual({ order: key, payment: { text } });
    expect(eventOf(await pay(key, { id, payload: { text } }))).toEqual(eventOf(first));
    expect(problemOf(await pay(key, { id, payload: { text: 'other' } }))).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect((await waitsOf(tenant, threadId)).filter(({ event_type }) => event_type === PAID)).toMatchObject([{ status: 'over', event_id: id }]);
  }, 60_000);

  it('goes on once for an event that is posted by eight at the same moment', async () => {
    const { threadId, key } = await order();
    await untilWaitsFor(tenant, threadId, PAID);
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => pay(key, { id: `${key}-${n}`, payload: { n } })));
    expect(answers.map(eventOf).reduce((sum, { woken }) => sum + woken, 0)).toBe(1);
    await untilAsked(threadId);
    expect(await tenant.client.runs.list(threadId)).toHaveLength(3);
  }, 60_000);

  it('of another tenant does not hear the event', async () => {
    const { threadId, key } = await order();
    await untilWaitsFor(tenant, threadId, PAID);
    const other = await aTenant('waits-other');
    expect(eventOf(await post(other, { type: PAID, key })).woken).toBe(0);
    expect(await waitsOf(other, threadId)).toEqual([]);
    expect((await waitsOf(tenant, threadId)).at(-1)).toMatchObject({ status: 'pending' });
  }, 60_000);

  it('can be resumed by hand, edited, deleted; its copy waits for itself', async () => {
    const [byHand, edited, deleted, copied] = await Promise.all(Array.from({ length: 4 }, () => order({ coolingOffSeconds: 3_600 })));
    if (byHand === undefined || edited === undefined || deleted === undefined || copied === undefined) throw new Error('not begun');
    await tenant.client.runs.wait(byHand.threadId, 'waits', { command: { resume: 'now' } });
    expect((await waitsOf(tenant, byHand.threadId)).map(({ status, event_type }) => [status, event_type])).toEqual([['superseded', null], ['pending', PAID]]);
    await tenant.client.threads.updateState(edited.threadId, { values: { outcome: 'declined' }, asNode: 'conclude' });
    expect(await waitsOf(tenant, edited.threadId)).toMatchObject([{ status: 'superseded' }]);
    await tenant.client.threads.delete(deleted.threadId);
    expect(await waitsOf(tenant, deleted.threadId)).toEqual([]);

    const copy = (await tenant.client.threads.copy(byHand.threadId)) as unknown as { thread_id: string };
    expect(eventOf(await pay(byHand.key)).woken).toBe(2);
    const approvals = await Promise.all([untilAsked(byHand.threadId), untilAsked(copy.thread_id)]);
    expect(new Set(approvals.map(({ approval_id }) => approval_id)).size).toBe(2);
  }, 60_000);

  it('survives the death of gateway and worker around the end of its wait', async () => {
    const { threadId, key } = await order({ coolingOffSeconds: 4 });
    // The time passes while nobody is there to see it.
    const killed = { gateway: killHard('api-gateway'), worker: killHard('worker') };
    await Promise.all([untilBack('api-gateway', killed.gateway), untilBack('worker', killed.worker)]);
    await untilWaitsFor(tenant, threadId, PAID, 60_000);
    const temporal = killHard('temporal');
    expect(eventOf(await pay(key)).woken).toBe(1);
    await waitUntil('the run that goes on is made', async () => (await tenant.client.runs.list(threadId)).length === 3);
    const gateway = killHard('api-gateway');
    await Promise.all([untilBack('temporal', temporal), untilBack('api-gateway', gateway)]);
    await waitUntil('a person is asked', async () => (await approvalsOf(tenant.apiKey, threadId))[0], { timeoutMs: 60_000 });
    const runs = await tenant.client.runs.list(threadId);
    expect(runs).toHaveLength(3);
    for (const { run_id: runId } of runs) expect((await readJournal(tenant.tenantId, runId)).filter(({ type }) => type === 'run.started.v1')).toHaveLength(1);
  }, 180_000);
});
