import { CALL_ID } from '@holdfast/contracts/messages';
import { randomUUID } from 'node:crypto';
import { useRuntime } from './support/use-runtime';

const { runtime } = useRuntime();

const eventsOf = (runId: string) => runtime.journal.run(runId).batches.flatMap((batch) => batch.events);
const stepsOf = (runId: string) => eventsOf(runId).flatMap((event) => (event.type === 'run.step-completed.v1' ? [event.data] : []));
const framesOf = (runId: string) => stepsOf(runId).flatMap((step) => step.frames);
const effectsOf = (runId: string) => runtime.journal.effects.filter((effect) => effect.runId === runId);

describe('a run', () => {
  it('drives the graph, journals each superstep and completes the workflow', async () => {
    const { runId, threadId, workflowId } = await runtime.start({ graphId: 'linear', input: { input: 'x' } });
    expect(await runtime.journal.ended(runId)).toEqual({ status: 'success', steps: 3 });
    const history = runtime.journal.history(threadId);
    expect(history.map((c) => [c.step, c.source, c.next])).toEqual([
      [-1, 'input', ['__start__']],
      [0, 'loop', ['a']],
      [1, 'loop', ['b']],
      [2, 'loop', ['c']],
      [3, 'loop', []],
    ]);
    expect(history.map((c) => c.parentCheckpointId)).toEqual([null, ...history.slice(0, -1).map((c) => c.checkpointId)]);
    expect(history.at(-1)?.values).toMatchObject({ input: 'x', results: ['Echo: a:x', 'Echo: b:x', 'Echo: c:x'] });
    await runtime.temporal.workflow.getHandle(workflowId).result();
  }, 30_000);

  it('commits every superstep, also when it is asked for the last only', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'linear', input: { input: 'x' }, durability: 'exit' });
    await runtime.journal.ended(runId);
    expect(runtime.journal.history(threadId).map((c) => c.step)).toEqual([-1, 0, 1, 2, 3]);
    expect(runtime.journal.run(runId).batches).toHaveLength(4);
  }, 30_000);

  it('writes one commit per activation: four for three calls one after the other', async () => {
    const { runId } = await runtime.start({ graphId: 'linear', input: { input: 'x' } });
    await runtime.journal.ended(runId);
    const { batches } = runtime.journal.run(runId);
    expect(batches.map((batch) => batch.commit)).toEqual([1, 2, 3, 4]);
    expect(batches.map((batch) => batch.events.map((event) => event.type))).toEqual([
      ['run.step-completed.v1'],
      ['tool.called.v1', 'run.step-completed.v1'],
      ['tool.called.v1', 'run.step-completed.v1'],
      ['tool.called.v1', 'run.step-completed.v1'],
    ]);
    expect(batches.map((batch) => batch.end?.status)).toEqual([undefined, undefined, undefined, 'success']);
  }, 30_000);

  it('writes supersteps without calls together, each with its event and checkpoint', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'pure', input: { input: 'x' } });
    await runtime.journal.ended(runId);
    const [, second] = runtime.journal.run(runId).batches;
    expect(second?.checkpoints.map((c) => c.step)).toEqual([1, 2, 3]);
    expect(stepsOf(runId).map((step) => [step.step, step.checkpoint_id])).toEqual(
      runtime.journal.history(threadId).slice(1).map((c) => [c.step, c.checkpointId]),
    );
  }, 30_000);

  it('records what LangGraph emits: values by reference, inputs left out when they are those values', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'linear', input: { input: 'x' } });
    await runtime.journal.ended(runId);
    const [, first, second] = runtime.journal.history(threadId);
    const frames = framesOf(runId);
    expect(frames.slice(0, 3)).toEqual([
      expect.objectContaining({ ns: [], mode: 'checkpoints' }),
      { step: 1, ns: [], mode: 'values', data: { checkpoint_id: first?.checkpointId } },
      { step: 1, ns: [], mode: 'checkpoints', data: { checkpoint_id: first?.checkpointId } },
    ]);
    expect(frames.slice(3, 8)).toEqual([
      { step: 1, ns: [], mode: 'tasks', data: expect.objectContaining({ name: 'a', input_from: first?.checkpointId, triggers: ['branch:to:a'] }) },
      { step: 1, ns: [], mode: 'updates', data: { a: { results: ['Echo: a:x'] } } },
      { step: 1, ns: [], mode: 'tasks', data: expect.objectContaining({ name: 'a', result: { results: ['Echo: a:x'] } }) },
      { step: 2, ns: [], mode: 'values', data: { checkpoint_id: second?.checkpointId } },
      { step: 2, ns: [], mode: 'checkpoints', data: { checkpoint_id: second?.checkpointId } },
    ]);
    expect(frames.filter((frame) => frame.mode === 'tasks').every((frame) => !('input' in (frame.data as object)))).toBe(true);
  }, 30_000);

  it('writes custom events while the step is still running', async () => {
    const { runId } = await runtime.start({ graphId: 'custom', input: { input: 'x' } });
    await runtime.journal.ended(runId);
    const custom = framesOf(runId).filter((frame) => frame.mode === 'custom');
    expect(custom).toEqual([
      { step: 1, ns: [], mode: 'custom', data: { at: 'start' } },
      { step: 1, ns: [], mode: 'custom', data: { at: 'end' } },
    ]);
    expect(runtime.journal.run(runId).batches[0]?.events.at(-1)).toMatchObject({ data: { frames: expect.arrayContaining([custom[0]]) } });
  }, 30_000);

  it('goes on after the thread’s earlier runs, with messages as LangChain objects inside and flat outside', async () => {
    const first = await runtime.start({ graphId: 'talk', input: { messages: [{ role: 'user', content: 'hello' }] } });
    await runtime.journal.ended(first.runId);
    const second = await runtime.start({ graphId: 'talk', threadId: first.threadId, input: { messages: [{ type: 'human', content: 'again' }] } });
    await runtime.journal.ended(second.runId);
    const messages = runtime.journal.head(first.threadId)?.values['messages'] as { type: string; content: string; id: string }[];
    expect(messages.map((message) => [message.type, message.content])).toEqual([
      ['human', 'hello'],
      ['ai', 'heard 1'],
      ['human', 'again'],
      ['ai', 'heard 3'],
    ]);
    expect(messages[3]?.id).toMatch(new RegExp(`^run-${second.runId}-${CALL_ID}$`));
    expect(new Set(messages.map((message) => message.id)).size).toBe(4);
  }, 30_000);

  it('is named to Temporal by its nodes', async () => {
    const { runId } = await runtime.start({ graphId: 'linear', input: { input: 'x' } });
    await runtime.journal.ended(runId);
    expect(effectsOf(runId).map((effect) => effect.activityType)).toEqual(['linear.a.tool', 'linear.b.tool', 'linear.c.tool']);
  }, 30_000);
});

describe('a run that fails', () => {
  it('ends with an error of graph code, after the steps before it', async () => {
    const { runId, threadId, workflowId } = await runtime.start({ graphId: 'failing', input: { input: 'x' } });
    const end = await runtime.journal.ended(runId);
    expect(end).toMatchObject({ status: 'error', steps: 1, error: { code: 'GRAPH_FAILED', kind: 'user' } });
    expect(end.error?.message).toMatch(/^TypeError: /);
    const head = runtime.journal.head(threadId);
    expect(head).toMatchObject({ step: 1, next: ['bad'], tasks: [{ name: 'bad', error: { name: 'TypeError' } }] });
    await runtime.temporal.workflow.getHandle(workflowId).result();
  }, 30_000);

  it('ends with the code of the call that failed, and cancels the calls beside it', async () => {
    const { runId } = await runtime.start({ graphId: 'half', input: { input: 'x' } });
    const end = await runtime.journal.ended(runId);
    expect(end).toMatchObject({ status: 'error', error: { code: 'TOOL_FAILED', kind: 'tool', message: 'boom' } });
    await runtime.journal.until('the hanging call to be told', () =>
      runtime.journal.effects.some((effect) => effect.runId === 'cancelled' && effect.activityType === 'half.hang.tool'),
    );
  }, 30_000);

  it('ends at the recursion limit', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'loop', input: { limit: 50 }, recursionLimit: 5 });
    expect(await runtime.journal.ended(runId)).toMatchObject({ status: 'error', error: { code: 'GRAPH_RECURSION_LIMIT', kind: 'user' } });
    const head = runtime.journal.head(threadId);
    expect(head?.values['rounds']).toBe(head?.step);
    const values = framesOf(runId).filter((frame) => frame.mode === 'values').map((frame) => frame.data);
    expect(values.at(-1)).toEqual({ checkpoint_id: head?.checkpointId });
  }, 30_000);

  it('names an unknown graph and an empty input', async () => {
    const unknown = await runtime.start({ graphId: 'nowhere', input: {} });
    expect(await runtime.journal.ended(unknown.runId)).toMatchObject({ status: 'error', error: { code: 'GRAPH_UNKNOWN' } });
    const empty = await runtime.start({ graphId: 'linear' });
    expect(await runtime.journal.ended(empty.runId)).toMatchObject({ status: 'error', error: { code: 'INVALID_ARGUMENT', kind: 'user' } });
  }, 30_000);

  it('survives a journal that is away for a while', async () => {
    runtime.journal.failCommits = 3;
    const { runId } = await runtime.start({ graphId: 'linear', input: { input: 'x' } });
    expect(await runtime.journal.ended(runId)).toMatchObject({ status: 'success' });
    expect(effectsOf(runId)).toHaveLength(3);
  }, 30_000);

  it('is given up without a word when somebody else ended it', async () => {
    const run = runtime.newRun({ graphId: 'slow', input: { input: 'x' } });
    const { workflowId } = await runtime.threads.deliver(runtime.ctx, run);
    await runtime.journal.until('both calls', () => effectsOf(run.runId).length === 2);
    runtime.journal.fence(run.runId);
    await runtime.threads.cancelRun(runtime.ctx, run.threadId, { runId: run.runId, action: 'interrupt', reason: 'test' });
    await runtime.temporal.workflow.getHandle(workflowId).result();
    expect(runtime.journal.run(run.runId).end).toBeUndefined();
  }, 30_000);
});

describe('people in the loop', () => {
  it('stops at an interrupt and goes on with the answer in another run', async () => {
    const { runId, threadId, workflowId } = await runtime.start({ graphId: 'approve', input: { draft: '' } });
    const end = await runtime.journal.ended(runId);
    const waiting = runtime.journal.head(threadId);
    expect(waiting).toMatchObject({ next: ['ask'], tasks: [{ name: 'ask', interrupts: [{ value: { ask: 'Echo: draft' } }] }] });
    const [taskId, interrupts] = Object.entries(end.interrupts ?? {})[0] ?? [];
    expect(end.status).toBe('interrupted');
    expect(waiting?.tasks[0]?.id).toBe(taskId);
    expect(interrupts).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{32}$/), value: { ask: 'Echo: draft' } }]);
    expect(framesOf(runId).at(-1)).toMatchObject({ mode: 'tasks', data: { name: 'ask' } });
    expect(framesOf(runId).filter((frame) => frame.mode === 'values').at(-1)?.data).toEqual({ values: { __interrupt__: interrupts } });
    await runtime.temporal.workflow.getHandle(workflowId).result();

    const resumed = await runtime.start({ graphId: 'approve', threadId, command: { resume: 'yes' } });
    expect(await runtime.journal.ended(resumed.runId)).toMatchObject({ status: 'success' });
    expect(runtime.journal.head(threadId)?.values['draft']).toBe('Echo: agent1|Echo: agent2|Echo: agent3|Echo: agent4|Echo: agent5:yes');
    expect(effectsOf(runId).map((effect) => effect.activityType)).toEqual(['approve.gen.tool']);
    expect(effectsOf(resumed.runId)).toHaveLength(5);
  }, 30_000);

  it('stops inside a sub-graph and goes on there', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'nested', input: { draft: '' } });
    expect(await runtime.journal.ended(runId)).toMatchObject({ status: 'interrupted' });
    expect(framesOf(runId).some((frame) => frame.ns.length === 1 && frame.ns[0]?.startsWith('child:') && frame.mode === 'values')).toBe(true);
    const resumed = await runtime.start({ graphId: 'nested', threadId, command: { resume: 'no' } });
    expect(await runtime.journal.ended(resumed.runId)).toMatchObject({ status: 'success' });
    expect(runtime.journal.head(threadId)?.values['draft']).toBe('Echo: child:no');
    expect(effectsOf(resumed.runId)).toHaveLength(0);
  }, 30_000);

  it('stops before and after the nodes that the request names', async () => {
    const before = await runtime.start({ graphId: 'linear', input: { input: 'x' }, interruptBefore: ['b'] });
    expect(await runtime.journal.ended(before.runId)).toEqual({ status: 'interrupted', steps: 1, interrupts: {} });
    expect(runtime.journal.head(before.threadId)?.next).toEqual(['b']);
    const after = await runtime.start({ graphId: 'linear', threadId: before.threadId, interruptAfter: ['b'] });
    expect(await runtime.journal.ended(after.runId)).toEqual({ status: 'interrupted', steps: 1, interrupts: {} });
    expect(runtime.journal.head(before.threadId)).toMatchObject({ step: 2, next: ['c'] });
    const last = await runtime.start({ graphId: 'linear', threadId: before.threadId });
    expect(await runtime.journal.ended(last.runId)).toMatchObject({ status: 'success' });
    expect(runtime.journal.head(before.threadId)?.values['results']).toHaveLength(3);
  }, 30_000);

  it('edits the state between runs and goes on from the edit', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'linear', input: { input: 'x' }, interruptBefore: ['c'] });
    await runtime.journal.ended(runId);
    const edited = await runtime.threads.editState(runtime.ctx, threadId, {
      commandId: randomUUID(),
      graphId: 'linear',
      values: { results: ['edited'] },
      asNode: 'b',
    });
    expect(runtime.journal.head(threadId)).toMatchObject({
      checkpointId: edited.checkpointId,
      source: 'update',
      next: ['c'],
      values: { results: ['Echo: a:x', 'Echo: b:x', 'edited'] },
    });
    const last = await runtime.start({ graphId: 'linear', threadId });
    await runtime.journal.ended(last.runId);
    expect(runtime.journal.head(threadId)?.values['results']).toEqual(['Echo: a:x', 'Echo: b:x', 'edited', 'Echo: c:x']);
  }, 30_000);

  it('refuses an edit that the graph does not understand, with a code', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'linear', input: { input: 'x' } });
    await runtime.journal.ended(runId);
    const edit = (graphId: string, asNode: string) =>
      runtime.threads.editState(runtime.ctx, threadId, { commandId: randomUUID(), graphId, values: {}, asNode });
    await expect(edit('linear', 'nobody')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(edit('nowhere', 'a')).rejects.toMatchObject({ code: 'GRAPH_UNKNOWN' });
  }, 30_000);

  it('starts from an older checkpoint when the run asks for it', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'linear', input: { input: 'x' } });
    await runtime.journal.ended(runId);
    const afterA = runtime.journal.history(threadId).find((c) => c.step === 1)!;
    const fork = await runtime.start({ graphId: 'linear', threadId, checkpointId: afterA.checkpointId });
    expect(await runtime.journal.ended(fork.runId)).toMatchObject({ status: 'success', steps: 2 });
    expect(effectsOf(fork.runId).map((effect) => effect.activityType)).toEqual(['linear.b.tool', 'linear.c.tool']);
    const [first] = runtime.journal.run(fork.runId).batches.flatMap((batch) => batch.checkpoints).filter((c) => c.step === 2);
    expect(first?.parentCheckpointId).toBe(afterA.checkpointId);
  }, 30_000);
});
