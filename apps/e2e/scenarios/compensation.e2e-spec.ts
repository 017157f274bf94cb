import { approvalsOf } from '../src/approvals';
import { readJournal } from '../src/database';
import { problemOf, send, type RawResponse } from '../src/http';
import { textOf } from '../src/messages';
import { asking } from '../src/pattern-runs';
import { killHard, untilAllReady, untilBack } from '../src/supervised';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';

interface Run {
  readonly threadId: string;
  readonly runId: string;
}

const echo = (message: string): object => ({ tool: 'everything__echo', args: { message } });
const TOGGLE = { tool: 'everything__toggle-simulated-logging' };
const long = (seconds: number): object => ({ tool: 'everything__trigger-long-running-operation', args: { duration: seconds, steps: seconds } });
/** Two steps that are done at once, and one that is under way for long. */
const STEPS = [
  { name: 'announce', ...echo('begun'), compensate: echo('taken back') },
  { name: 'switch on', ...TOGGLE, compensate: TOGGLE },
  { name: 'work', ...long(60), compensate: echo('not worked') },
];

describe('cancel with compensation', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('compensation');
  });

  const cancel = ({ threadId, runId }: Run, query = 'action=compensate'): Promise<RawResponse> =>
    send({ method: 'POST', path: `/threads/${threadId}/runs/${runId}/cancel?${query}`, apiKey: tenant.apiKey });
  const journalOf = ({ runId }: Run) => readJournal(tenant.tenantId, runId);
  const called = async (run: Run): Promise<string[]> => (await journalOf(run)).flatMap(({ type, data }) => (type === 'tool.called.v1' ? [(data as { tool_call_id: string }).tool_call_id] : []));

  async function start(graph: string, input: Record<string, unknown>): Promise<Run> {
    const { thread_id: threadId } = await tenant.client.threads.create();
    const { run_id: runId } = await tenant.client.runs.create(threadId, graph, { input });
    return { threadId, runId };
  }

  async function working(steps: readonly object[] = STEPS): Promise<Run> {
    const run = await start('saga', { steps });
    await waitUntil('the last step is under way', async () => (await called(run)).length === steps.length - 1);
    return run;
  }

  async function expectTakenBack(run: Run, reason: string): Promise<void> {
    const journal = await journalOf(run);
    expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, index) => index + 1));
    expect(journal.filter(({ type }) => type === 'run.compensation-started.v1').map(({ data }) => data)).toEqual([{ reason, node: expect.any(String) }]);
    expect(journal.at(-1)).toMatchObject({ type: 'run.cancelled.v1', data: { reason, compensated: true } });
    expect((await tenant.client.runs.get(run.threadId, run.runId)).status).toBe('interrupted');
    expect((await tenant.client.threads.get(run.threadId)).status).toBe('idle');
    expect((await tenant.client.threads.getState(run.threadId)).next).toEqual([]);
  }

  it('lets go of the step under way, takes back what is done, and is answered once for all', async () => {
    const run = await working();
    const begun = performance.now();
    expect((await cancel(run, 'action=compensate&wait=1&reason=wrong%20customer')).status).toBe(204);
    expect(performance.now() - begun).toBeLessThan(15_000);
    await expectTakenBack(run, 'wrong customer');
    const { values } = await tenant.client.threads.getState(run.threadId);
    const { compensations } = values as unknown as { compensations: { name: string; content: unknown }[] };
    expect(values).toMatchObject({ outcome: 'compensated', cancelled: true });
    expect(compensations.map(({ name }) => name)).toEqual(['work', 'switch on', 'announce']);
    expect(textOf(compensations[1]?.content)).toMatch(/^Stopped simulated/);
    const before = await journalOf(run);
    expect([(await cancel(run)).status, (await cancel(run, 'wait=1')).status]).toEqual([202, 204]);
    expect(await journalOf(run)).toEqual(before);
    expect(await tenant.client.runs.list(run.threadId)).toHaveLength(1);
  }, 60_000);

  it('goes on with it whatever happens: the worker dies, and somebody cancels the run again', async () => {
    const steps = [...STEPS.slice(0, 2), { name: 'slow back', ...echo('x'), compensate: long(4) }, STEPS[2]!];
    const run = await working(steps);
    expect((await cancel(run)).status).toBe(202);
    await waitUntil('the first is taken back', async () => (await called(run)).length === 4);
    expect((await cancel(run, 'action=rollback')).status).toBe(202);
    await untilBack('worker', killHard('worker'));
    await waitUntil('the end', async () => (await tenant.client.runs.get(run.threadId, run.runId)).status === 'interrupted', { timeoutMs: 90_000 });
    await untilAllReady();
    await expectTakenBack(run, 'cancelled by request');
    // Each call stands once in the journal, and was made once by the router's ledger.
    expect(await called(run)).toEqual(['step-0', 'step-1', 'step-2', 'compensate-3', 'compensate-2', 'compensate-1', 'compensate-0']);
    const { values } = await tenant.client.threads.getState(run.threadId);
    const { compensations } = values as unknown as { compensations: { status: string; content: unknown }[] };
    expect(compensations.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done']);
    expect(textOf(compensations[2]?.content)).toMatch(/^Stopped simulated/);
  }, 150_000);

  it('takes back what a run did that waits for people, by a run of its own', async () => {
    const run = await start('undoable', {});
    await tenant.client.runs.join(run.threadId, run.runId);
    expect(await approvalsOf(tenant.apiKey, run.threadId)).toMatchObject([{ status: 'pending' }]);
    const answer = await cancel(run, 'action=compensate&wait=1');
    expect(answer.status).toBe(204);
    const runId = String(answer.headers.get('content-location')).split('/').at(-1) ?? '';
    expect(runId).not.toBe(run.runId);
    await expectTakenBack({ ...run, runId }, 'cancelled by request');
    expect((await tenant.client.runs.get(run.threadId, runId)).metadata).toMatchObject({ compensated_run_id: run.runId });
    expect((await tenant.client.threads.getState(run.threadId)).values).toMatchObject({ said: ['Echo: book', 'Echo: undo'] });
    expect(await approvalsOf(tenant.apiKey, run.threadId)).toMatchObject([{ status: 'superseded' }]);
    expect((await cancel(run)).headers.get('content-location')).toBe(answer.headers.get('content-location'));
    expect(await tenant.client.runs.list(run.threadId)).toHaveLength(2);
  }, 60_000);

  it('only ends a run that has not begun; several together', async () => {
    const run = await working();
    const { run_id: runId } = await tenant.client.runs.create(run.threadId, 'saga', { input: { steps: STEPS }, multitaskStrategy: 'enqueue' });
    const path = '/runs/cancel?action=compensate';
    expect((await send({ method: 'POST', path, apiKey: tenant.apiKey, json: { thread_id: run.threadId, run_ids: [runId, run.runId] } })).status).toBe(204);
    await tenant.client.runs.join(run.threadId, run.runId);
    await expectTakenBack(run, 'cancelled by request');
    expect((await journalOf({ ...run, runId })).map(({ type }) => type)).toEqual(['run.created.v1', 'run.cancelled.v1']);
  }, 60_000);

  it('is refused with the reason where nothing can be taken back', async () => {
    const react = await start('react', asking('What is the sum of 1, 2, 3 and 4? slow:1500'));
    await waitUntil('it works', async () => (await tenant.client.runs.get(react.threadId, react.runId)).status === 'running');
    expect(problemOf(await cancel(react))).toMatchObject({ status: 409, code: 'CONFLICT', detail: expect.stringContaining('cannot take back') });
    expect((await tenant.client.runs.get(react.threadId, react.runId)).status).toBe('running');
    await tenant.client.runs.cancel(react.threadId, react.runId, true);
    const done = await start('saga', { steps: STEPS.slice(0, 1) });
    await tenant.client.runs.join(done.threadId, done.runId);
    expect(problemOf(await cancel(done))).toMatchObject({ status: 409, detail: expect.stringContaining('has completed') });
  }, 60_000);

  it('calls a person when something is left, and tries again when it is asked again', async () => {
    const steps = [{ name: 'a', ...echo('a'), compensate: { tool: 'filesystem__read_text_file', args: { path: '/no/such/file' } } }, STEPS[2]!];
    const run = await working(steps);
    expect((await cancel(run, 'action=compensate&wait=1')).status).toBe(204);
    expect((await journalOf(run)).at(-1)).toMatchObject({ type: 'run.failed.v1', data: { error: { code: 'COMPENSATION_FAILED', message: expect.stringContaining('needs a person: a.') } } });
    expect((await tenant.client.threads.get(run.threadId)).status).toBe('error');
    const again = await cancel(run, 'action=compensate&wait=1');
    const runId = String(again.headers.get('content-location')).split('/').at(-1) ?? '';
    expect((await journalOf({ ...run, runId })).at(-1)).toMatchObject({ type: 'run.failed.v1', data: { error: { code: 'COMPENSATION_FAILED' } } });
    expect(await called({ ...run, runId })).toEqual(['compensate-0']);
  }, 60_000);
});
