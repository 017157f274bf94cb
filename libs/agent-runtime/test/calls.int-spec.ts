import { useRuntime } from './support/use-runtime';

const { runtime } = useRuntime();

const effectsOf = (runId: string) => runtime.journal.effects.filter((effect) => effect.runId === runId);

describe('the lanes of a call', () => {
  const scheduled = async (workflowId: string): Promise<number> => {
    const handle = runtime.temporal.workflow.getHandle(workflowId);
    await handle.result();
    return (await handle.fetchHistory()).events?.filter((event) => event.activityTaskScheduledEventAttributes).length ?? 0;
  };
  const lanesOf = (runId: string) => effectsOf(runId).map((effect) => effect.lane);

  it('local by default: a run of three calls is one workflow task and no activity', async () => {
    const { runId, workflowId } = await runtime.start({ graphId: 'linear', input: { input: 'x' } });
    await runtime.journal.ended(runId);
    expect([lanesOf(runId), await scheduled(workflowId)]).toEqual([['local', 'local', 'local'], 0]);
  }, 30_000);

  it('normal when the run asks for durability sync, or the call does', async () => {
    const sync = await runtime.start({ graphId: 'linear', input: { input: 'x' }, durability: 'sync' });
    await runtime.journal.ended(sync.runId);
    expect([lanesOf(sync.runId), await scheduled(sync.workflowId)]).toEqual([['normal', 'normal', 'normal'], 3]);
    const chosen = await runtime.start({ graphId: 'lanes', input: { input: 'x' } });
    await runtime.journal.ended(chosen.runId);
    expect([lanesOf(chosen.runId), await scheduled(chosen.workflowId)]).toEqual([['normal', 'local'], 1]);
  }, 30_000);

  it('normal for what may be tried again, and local again after it', async () => {
    const { runId, threadId, workflowId } = await runtime.start({ graphId: 'busy', input: { input: 'x' } });
    expect(await runtime.journal.ended(runId)).toMatchObject({ status: 'success' });
    expect([lanesOf(runId), await scheduled(workflowId)]).toEqual([['local', 'normal', 'local'], 1]);
    expect(runtime.journal.head(threadId)?.values['results']).toEqual(['Echo: busy', 'Echo: after']);
  }, 30_000);

  it('normal from time to time in a long row of calls, so that a workflow task ends', async () => {
    const { runId, workflowId } = await runtime.start({ graphId: 'loop', input: { limit: 130 } });
    await runtime.journal.ended(runId);
    const lanes = lanesOf(runId);
    const normal = lanes.filter((lane) => lane === 'normal').length;
    // how many is a matter of time: a row is local for half a second, and these calls take some milliseconds each
    expect(normal).toBeGreaterThanOrEqual(1);
    expect(lanes.slice(0, -1).some((lane, i) => lane === 'normal' && lanes[i + 1] === 'local')).toBe(true);
    expect(await scheduled(workflowId)).toBe(normal);
  }, 60_000);
});

describe('many calls at once', () => {
  const eventsOf = async (workflowId: string) => (await runtime.historyOf('wide', workflowId)).history.events ?? [];
  const all = Array.from({ length: 250 }, (_, i) => `Echo: ${i}`);

  it('are under way a hundred at a time; the others wait in their order', async () => {
    const { runId, threadId, workflowId } = await runtime.start({ graphId: 'wide', input: { limit: 250 }, durability: 'sync' });
    expect(await runtime.journal.ended(runId, 60_000)).toMatchObject({ status: 'success' });
    expect(runtime.journal.head(threadId)?.values['results']).toEqual(all);
    let open = 0;
    let most = 0;
    for (const event of await eventsOf(workflowId)) {
      if (event.activityTaskScheduledEventAttributes) most = Math.max(most, ++open);
      if (event.activityTaskCompletedEventAttributes) open -= 1;
    }
    expect(most).toBe(100);
  }, 90_000);

  it('are local up to the end of a row, and normal until one of those has answered', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'wide', input: { limit: 250 } });
    expect(await runtime.journal.ended(runId, 60_000)).toMatchObject({ status: 'success' });
    expect(runtime.journal.head(threadId)?.values['results']).toEqual(all);
    const lanes = effectsOf(runId).map(({ lane }) => lane);
    expect(lanes.filter((lane) => lane === 'normal').length).toBeGreaterThanOrEqual(36);
  }, 90_000);

  it('end with a cancel, those that wait among them', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'wide-slow', input: { limit: 120 }, durability: 'sync' });
    // a worker that is held up may be taken for dead, and its calls are made again
    const called = (): number => new Set(effectsOf(runId).map(({ callId }) => callId)).size;
    await runtime.journal.until('a hundred calls', () => called() === 100, 60_000);
    await runtime.threads.cancelRun(runtime.ctx, threadId, { runId, action: 'interrupt', reason: 'enough' });
    expect(await runtime.journal.ended(runId, 30_000)).toMatchObject({ status: 'cancelled' });
    expect(called()).toBe(100);
  }, 120_000);
});

describe('the name of a call', () => {
  it('stays when a run resumes the one before: calls in front of the interrupt are not repeated', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'ask-between', input: { input: 'x' } });
    expect(await runtime.journal.ended(runId)).toMatchObject({ status: 'interrupted' });
    const resumed = await runtime.start({ graphId: 'ask-between', threadId, command: { resume: 'yes' } });
    expect(await runtime.journal.ended(resumed.runId)).toMatchObject({ status: 'success' });
    expect(runtime.journal.head(threadId)?.values['results']).toEqual(['Echo: before', 'Echo: after yes']);
    expect([effectsOf(runId).map((effect) => effect.args), effectsOf(resumed.runId).map((effect) => effect.args)]).toEqual([
      [{ message: 'before' }],
      [{ message: 'after yes' }],
    ]);
  }, 30_000);

  it('stays by place in a run that an older build began, and in what goes on from it', async () => {
    runtime.journal.callNaming = 'place';
    const { runId, threadId } = await runtime.start({ graphId: 'ask-between', input: { input: 'x' } });
    await runtime.journal.ended(runId);
    runtime.journal.callNaming = 'content';
    const resumed = await runtime.start({ graphId: 'ask-between', threadId, command: { resume: 'yes' } });
    expect(await runtime.journal.ended(resumed.runId)).toMatchObject({ status: 'success' });
    expect(effectsOf(resumed.runId).map(({ args, callId }) => [args, /^[0-9a-f]{16}-0$/.test(callId)])).toEqual([[{ message: 'after yes' }, true]]);
  }, 30_000);

  it('is another one on a branch that a caller makes from an older checkpoint', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'ask-between', input: { input: 'x' } });
    await runtime.journal.ended(runId);
    const asked = runtime.journal.head(threadId)!.checkpointId;
    const first = await runtime.start({ graphId: 'ask-between', threadId, command: { resume: 'yes' } });
    await runtime.journal.ended(first.runId);
    const branch = await runtime.start({ graphId: 'ask-between', threadId, checkpointId: asked, command: { resume: 'yes' } });
    expect(await runtime.journal.ended(branch.runId)).toMatchObject({ status: 'success' });
    expect(effectsOf(branch.runId).map((effect) => effect.args)).toEqual([{ message: 'before' }, { message: 'after yes' }]);
  }, 30_000);
});

describe('a call whose outcome nobody knows', () => {
  it('is a question to a person, one at a time, and nothing is repeated unasked', async () => {
    const resume = async (threadId: string, decision: unknown) => {
      const { runId } = await runtime.start({ graphId: 'unsure', threadId, command: { resume: decision } });
      return { runId, end: await runtime.journal.ended(runId) };
    };
    const questionOf = (threadId: string) => runtime.journal.head(threadId)?.tasks[0]?.interrupts.at(-1)?.value;
    const { runId, threadId } = await runtime.start({ graphId: 'unsure', input: { messages: [{ role: 'user', content: 'go' }] } });
    expect(await runtime.journal.ended(runId)).toMatchObject({ status: 'interrupted' });
    const question = { kind: 'tool-outcome-unknown', tool: 'test__unsure', args: { message: 'one' }, tool_call_id: 'one', reason: 'Nobody knows.' };
    expect(questionOf(threadId)).toEqual(question);
    expect((await resume(threadId, 'what?')).end.status).toBe('interrupted');
    expect(questionOf(threadId)).toEqual({ ...question, problem: expect.stringContaining('decision') });
    expect((await resume(threadId, { decision: 'happened', result: 'It was sent.' })).end.status).toBe('interrupted');
    expect(questionOf(threadId)).toMatchObject({ tool_call_id: 'two' });
    const last = await resume(threadId, { decision: 'repeat' });
    expect(last.end.status).toBe('success');
    const messages = runtime.journal.head(threadId)?.values['messages'] as { content: string; status?: string }[];
    expect(messages.slice(1).map(({ content, status }) => [content, status])).toEqual([
      ['Echo: sure', 'success'],
      ['It was sent.', 'success'],
      ['Echo: two', 'success'],
    ]);
    expect(effectsOf(runId)).toHaveLength(3);
    expect(effectsOf(last.runId).map((effect) => effect.args)).toEqual([{ message: 'two' }]);
  }, 30_000);

  it('gets what a person decides about it, not what they decide about one that answered before it', async () => {
    const questionOf = (threadId: string) =>
      runtime.journal.head(threadId)?.tasks[0]?.interrupts.at(-1)?.value as { readonly tool_call_id: string; readonly problem?: string };
    const { runId: begun, threadId } = await runtime.start({ graphId: 'unsure-apart', input: { messages: [{ role: 'user', content: 'go' }] } });
    const messages = () => (runtime.journal.head(threadId)?.values['messages'] as { content: string }[]).slice(1).map(({ content }) => content);
    await runtime.journal.ended(begun);
    const resume = async (decision: object) => {
      const { runId } = await runtime.start({ graphId: 'unsure-apart', threadId, command: { resume: decision } });
      return { end: await runtime.journal.ended(runId), made: effectsOf(runId).map(({ args }) => args['message']) };
    };
    // Two calls wait: an answer that does not say which one it means is for neither.
    expect(await resume({ decision: 'repeat' })).toMatchObject({ end: { status: 'interrupted' }, made: [] });
    expect(questionOf(threadId).problem).toContain('tool_call_id');
    const answerAsked = () => {
      const { tool_call_id } = questionOf(threadId);
      return resume(tool_call_id === 'two' ? { decision: 'repeat', tool_call_id } : { decision: 'happened', result: 'It was sent.', tool_call_id });
    };
    const first = await answerAsked();
    const last = await answerAsked();
    expect([first.end.status, last.end.status, ...first.made, ...last.made]).toEqual(['interrupted', 'success', 'two']);
    expect(messages()).toEqual(['It was sent.', 'Echo: two']);
  }, 30_000);
});
