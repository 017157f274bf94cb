import type { BossTask } from './fixtures/agent-graphs';
import { deviationsOf } from './support/deviations';
import { useRuntime } from './support/use-runtime';

const { runtime, worker } = useRuntime();

const LINEAR = { graph: 'linear', input: { input: 'x' } };
const TALK = { graph: 'talk', input: { messages: [{ role: 'user', content: 'Hello.' }] } };
const boss = (...tasks: BossTask[]) => runtime.start({ graphId: 'boss', input: { tasks } });
const effectsOf = (runId: string) => runtime.journal.effects.filter((effect) => effect.runId === runId);
const batchesOf = (runId: string) => runtime.journal.taskBatches.filter((batch) => batch.runId === runId);
const resultsOf = (threadId: string) => (runtime.journal.head(threadId)?.values['results'] ?? []) as Record<string, unknown>[];

/** The workflows of a run's tasks, whatever became of them. */
async function tasksOf({ workflowId, runId }: { readonly workflowId: string; readonly runId: string }) {
  const found = [];
  for (const taskId of new Set(batchesOf(runId).map((batch) => batch.taskId))) {
    found.push(await runtime.temporal.workflow.getHandle(`${workflowId}/run/${runId}/task/${taskId}`).describe());
  }
  return found;
}

describe('a sub-agent', () => {
  it('is a workflow of its own; several work at the same time, and their results come back', async () => {
    const run = await boss(LINEAR, TALK, { ...LINEAR, input: { input: 'y' } });
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success', steps: 2 });
    const [x, talk, y] = resultsOf(run.threadId);
    expect(x).toMatchObject({ values: { results: ['Echo: a:x', 'Echo: b:x', 'Echo: c:x'] }, spent: { steps: 3, calls: 3, tokens: 0 } });
    expect(y).toMatchObject({ values: { results: ['Echo: a:y', 'Echo: b:y', 'Echo: c:y'] } });
    expect(talk).toMatchObject({ values: { messages: [{ type: 'human' }, { type: 'ai', content: 'heard 1' }] }, spent: { steps: 1, calls: 1, tokens: 10 } });
    const tasks = await tasksOf(run);
    expect(tasks.map(({ type, status }) => [type, status.name])).toEqual([1, 2, 3].map(() => ['agentTask.v1', 'COMPLETED']));
  }, 30_000);

  it('has its calls in the ledgers of the run, named by the way to them, and its steps in the journal under its namespace', async () => {
    const run = await boss({ graph: 'boss', input: { tasks: [LINEAR] } });
    await runtime.journal.ended(run.runId);
    const effects = effectsOf(run.runId);
    const path = /^g[0-9a-f]{15}-0(\/g[0-9a-f]{15}-0){0,2}$/;
    expect(effects.map(({ activityType, callId }) => [activityType, path.test(callId), callId.split('/').length])).toEqual([
      ['linear.a.tool', true, 3],
      ['linear.b.tool', true, 3],
      ['linear.c.tool', true, 3],
      ['boss.count.tool', true, 2],
      ['boss.count.tool', true, 1],
    ]);
    const frames = batchesOf(run.runId).flatMap(({ events }) => events.flatMap((event) => (event.type === 'run.step-completed.v1' ? event.data.frames : [])));
    const updates = frames.filter(({ mode }) => mode === 'updates').map(({ ns, data }) => [ns.map((part) => part.split(':')[0]).join('/'), Object.keys(data as object)[0]]);
    expect(updates).toEqual([
      ['delegate/boss/delegate/linear', 'a'],
      ['delegate/boss/delegate/linear', 'b'],
      ['delegate/boss/delegate/linear', 'c'],
      ['delegate/boss', 'delegate'],
      ['delegate/boss', 'count'],
    ]);
    const called = batchesOf(run.runId).flatMap(({ events }) => events.filter(({ type }) => type === 'tool.called.v1'));
    expect(called).toHaveLength(4);
  }, 30_000);

  it('goes on in a new execution when its history is long', async () => {
    const run = await runtime.start({ graphId: 'boss', input: { tasks: [{ graph: 'loop', input: { limit: 230 }, budget: { calls: 230, steps: 230 } }] }, durability: 'sync' });
    expect(await runtime.journal.ended(run.runId, 60_000)).toMatchObject({ status: 'success' });
    expect(resultsOf(run.threadId)[0]).toMatchObject({ values: { rounds: 230 }, spent: { steps: 230, calls: 230 } });
    expect(effectsOf(run.runId)).toHaveLength(231);
    const [task] = await tasksOf(run);
    const { raw } = task!;
    expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(task!.runId);
  }, 90_000);
});

describe('the budget of a sub-agent', () => {
  it.each<[string, BossTask, string]>([
    ['steps', { ...LINEAR, budget: { steps: 2 } }, '2 supersteps'],
    ['calls', { ...LINEAR, budget: { calls: 2 } }, '2 calls'],
    ['tokens', { graph: 'fan', input: { input: 'x' }, budget: { tokens: 10 } }, '10 tokens'],
    ['seconds', { graph: 'slow', input: { input: 'x' }, budget: { seconds: 1 } }, '1 seconds'],
  ])('ends it when its %s are used up, with an error that the node can handle', async (_, task, limit) => {
    const run = await boss({ ...task, catches: true }, LINEAR);
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success' });
    const [failed, other] = resultsOf(run.threadId);
    expect(failed).toMatchObject({ code: 'BUDGET_EXCEEDED', message: expect.stringContaining(limit) });
    expect(other).toMatchObject({ spent: { calls: 3 } });
  }, 30_000);

  it('lets it do what it allows', async () => {
    const run = await boss({ ...LINEAR, budget: { steps: 3, calls: 3, tokens: 1, seconds: 60 } });
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success' });
  }, 30_000);

  it('counts what the agents use that it asks itself', async () => {
    const run = await boss({ graph: 'boss', input: { tasks: [LINEAR] }, budget: { calls: 4 }, catches: true });
    await runtime.journal.ended(run.runId);
    expect(resultsOf(run.threadId)[0]).toMatchObject({ code: 'BUDGET_EXCEEDED' });
  }, 30_000);
});

describe('the end of a sub-agent', () => {
  const hanging = { graph: 'slow', input: { input: 'x' } };
  const hangs = (runId: string) => runtime.journal.until('both calls', () => effectsOf(runId).length === 2);

  it('comes within 2 s when the run is cancelled', async () => {
    const run = await boss(hanging);
    await hangs(run.runId);
    const cancelled = performance.now();
    await runtime.threads.cancelRun(runtime.ctx, run.threadId, { runId: run.runId, action: 'interrupt', reason: 'test' });
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'cancelled' });
    const [{ taskId } = { taskId: '' }] = batchesOf(run.runId);
    await expect(runtime.temporal.workflow.getHandle(`${run.workflowId}/run/${run.runId}/task/${taskId}`).result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(performance.now() - cancelled).toBeLessThan(2_000);
    await runtime.journal.until('its calls to be told', () => runtime.journal.effects.filter(({ runId }) => runId === 'cancelled').length >= 2);
  }, 30_000);

  it('is an error of the run that the node can handle when somebody cancels or terminates its workflow', async () => {
    for (const end of ['cancel', 'terminate'] as const) {
      const run = await boss({ ...hanging, catches: true });
      await hangs(run.runId);
      const [task] = await tasksOf(run);
      await runtime.temporal.workflow.getHandle(task!.workflowId)[end]();
      expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success' });
      expect(resultsOf(run.threadId)[0]).toMatchObject({ code: 'RUN_CANCELLED' });
    }
  }, 30_000);

  it.each([
    ['a graph that fails', { graph: 'failing', input: { input: 'x' } }, 'GRAPH_FAILED'],
    ['a graph that nobody has', { graph: 'nowhere', input: {} }, 'GRAPH_UNKNOWN'],
    ['a call that fails', { graph: 'half', input: { input: 'x' } }, 'TOOL_FAILED'],
  ])('is the error of the run: %s', async (_, task, code) => {
    const run = await boss(task);
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'error', error: { code } });
  }, 30_000);

  it('is refused when agents call each other without end', async () => {
    const nested = (depth: number): BossTask => (depth === 0 ? LINEAR : { graph: 'boss', input: { tasks: [nested(depth - 1)] } });
    const deepest = await boss(nested(5));
    expect(await runtime.journal.ended(deepest.runId)).toMatchObject({ status: 'success' });
    const run = await boss(nested(6));
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'error', error: { code: 'NOT_SUPPORTED' } });
  }, 30_000);
});

describe('a finished call of a sub-agent', () => {
  it('is not repeated when the worker is killed in the middle', async () => {
    const looping = Array.from({ length: 4 }, () => ({ graph: 'loop', input: { limit: 12 } }));
    const run = await boss(...looping);
    await runtime.journal.until('progress', () => effectsOf(run.runId).length > 10);
    await worker.kill();
    const before = new Set([...runtime.journal.replies.keys()]);
    const made = runtime.journal.effects.length;
    await worker.start();
    expect(await runtime.journal.ended(run.runId, 60_000)).toMatchObject({ status: 'success' });
    const later = runtime.journal.effects.slice(made).filter(({ runId, callId }) => before.has(`${runId}/${callId}`));
    expect(later).toEqual([]);
    expect(resultsOf(run.threadId).slice(0, 4)).toMatchObject(looping.map(() => ({ values: { rounds: 12 } })));
    expect(new Set(effectsOf(run.runId).map(({ callId }) => callId)).size).toBe(4 * 12 + 1);
  }, 90_000);

  it('is not repeated when the parent is executed again: what has finished is joined, what was cancelled with it begins anew', async () => {
    const run = await boss({ ...LINEAR, then: 'test__slow' }, { graph: 'chatter', input: { messages: [] } });
    await runtime.journal.until('the slow calls', () => effectsOf(run.runId).filter(({ args }) => args['message'] === 'test__slow' || args['message'] === '2').length === 2);
    await runtime.temporal.workflow.getHandle(run.workflowId).terminate('test');
    await runtime.threads.deliver(runtime.ctx, run);
    expect(await runtime.journal.ended(run.runId, 30_000)).toMatchObject({ status: 'success' });
    expect(resultsOf(run.threadId)).toMatchObject([{ spent: { calls: 3 }, then: 'Echo: test__slow' }, { spent: { calls: 3 } }, 'Echo: everything__echo']);
    const ofChild = effectsOf(run.runId).filter(({ activityType }) => activityType.startsWith('linear.'));
    expect(ofChild).toHaveLength(3);
    const first = effectsOf(run.runId).filter(({ activityType }) => activityType === 'chatter.one.tool');
    expect(first).toHaveLength(1);
  }, 60_000);
});

describe('a sub-agent that asks a person', () => {
  const ASKS = { graph: 'ask-between', input: { input: 'x' } };
  const resume = (run: { threadId: string }, answer: unknown) => runtime.start({ graphId: 'boss', threadId: run.threadId, command: { resume: answer } });
  /** Ids of what the run asks, by what it asks. */
  async function questionsOf({ runId }: { runId: string }): Promise<[string, string][]> {
    const end = await runtime.journal.ended(runId);
    expect(end.status).toBe('interrupted');
    return Object.values(end.interrupts ?? {}).flat().map(({ id, value }) => [String(value), String(id)]);
  }
  const calls = (...runIds: string[]) => runIds.flatMap((runId) => effectsOf(runId).map(({ args }) => args['message']));

  it('has the run ask it, works no more meanwhile, and goes on with the answer without doing anything twice', async () => {
    // The call before the question is asked for again, and answered by the ledger.
    const run = await boss({ ...ASKS, budget: { calls: 3 } });
    expect(await questionsOf(run)).toMatchObject([['which?', expect.any(String)]]);
    const [task] = await tasksOf(run);
    expect(task?.status.name).toBe('COMPLETED');
    const next = await resume(run, 'blue');
    expect(await runtime.journal.ended(next.runId)).toMatchObject({ status: 'success' });
    expect(resultsOf(run.threadId)[0]).toMatchObject({ values: { results: ['Echo: before', 'Echo: after blue'] }, spent: { steps: 1, calls: 3 } });
    expect(calls(run.runId, next.runId)).toEqual(['before', 'after blue', 'everything__echo']);
    const frames = batchesOf(next.runId).flatMap(({ events }) => events.flatMap((event) => (event.type === 'run.step-completed.v1' ? event.data.frames : [])));
    expect(frames.find(({ mode }) => mode === 'updates')?.ns.map((part) => part.split(':')[0])).toEqual(['delegate', 'ask-between']);
    const again = await Promise.all([run, next].map(({ workflowId }) => runtime.historyOf(workflowId, workflowId)));
    expect(await deviationsOf(again)).toEqual([]);
  }, 60_000);

  it('may be one of several, each asked for itself', async () => {
    const run = await boss(ASKS, { graph: 'approve', input: { draft: '' } }, LINEAR);
    const asked = new Map(await questionsOf(run));
    expect(asked.size).toBe(2);
    const next = await resume(run, { [asked.get('which?')!]: 'red' });
    const left = await questionsOf(next);
    expect(left).toHaveLength(1);
    const last = await resume(run, { [left[0]![1]]: 'fine' });
    expect(await runtime.journal.ended(last.runId)).toMatchObject({ status: 'success' });
    const [x, y, z] = resultsOf(run.threadId) as { values: Record<string, unknown> }[];
    expect([x?.values['results'], String(y?.values['draft']).split(':').at(-1), z?.values['results']]).toEqual([['Echo: before', 'Echo: after red'], 'fine', ['Echo: a:x', 'Echo: b:x', 'Echo: c:x']]);
    expect(calls(run.runId, next.runId, last.runId).sort()).toEqual(['a:x', 'after red', 'agent1', 'agent2', 'agent3', 'agent4', 'agent5', 'b:x', 'before', 'c:x', 'draft', 'everything__echo']);
  }, 60_000);

  it('may work for another sub-agent, and its worker may die meanwhile', async () => {
    const run = await boss({ graph: 'boss', input: { tasks: [ASKS] } });
    await questionsOf(run);
    await runtime.temporal.workflow.getHandle(run.workflowId).result();
    await worker.kill();
    await worker.start();
    const next = await resume(run, 'green');
    expect(await runtime.journal.ended(next.runId, 40_000)).toMatchObject({ status: 'success' });
    expect(JSON.stringify(resultsOf(run.threadId))).toContain('Echo: after green');
    expect(calls(run.runId, next.runId)).toEqual(['before', 'after green', 'everything__echo', 'everything__echo']);
  }, 60_000);
});
