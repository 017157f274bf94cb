import type { RunEventDraft } from '@holdfast/contracts/events';
import { v7 } from 'uuid';
import type { RunRef, TenantScope } from '../src/index';
import { JournalFixture } from './journal-fixture';
import { aCheckpoint, aCommit, aRun, asOwner } from './support';

const fixture = new JournalFixture();
const { journal, runs, threads, started, begin, eventTypes } = fixture;
let scope: TenantScope;

beforeAll(async () => {
  scope = await fixture.open();
});
afterAll(() => fixture.close());

describe('beginRun', () => {
  it('hands out the request once started and repeats the answer without writing', async () => {
    const input = aRun({
      kwargs: {
        input: { question: 'why' },
        config: { recursion_limit: 7, configurable: { a: 1 }, tags: ['t'] },
        context: { user: 'u' },
        interrupt_before: ['review'],
        durability: 'sync',
      },
    });
    await runs.createRun(scope, input);
    const ref = { ...input, tenantId: scope.tenantId };
    const first = await begin(ref);
    expect(first.reply).toEqual({
      kind: 'go',
      graphId: 'test-graph',
      input: { question: 'why' },
      config: { recursionLimit: 7, configurable: { a: 1 }, tags: ['t'] },
      context: { user: 'u' },
      interruptBefore: ['review'],
      interruptAfter: null,
      durability: 'sync',
      forked: false,
      called: [],
      saved: null,
      step: -1,
      lastCommit: 0,
    });
    expect(first.notice).toEqual({ runId: input.runId, seq: 2, status: 'running' });
    const again = await begin(ref);
    expect(again.reply).toEqual(first.reply);
    expect(again.notice).toBeNull();
    expect(await eventTypes(input.runId)).toEqual(['run.created.v1', 'run.started.v1']);
    expect(await runs.get(scope, { runId: input.runId })).toMatchObject({ status: 'running', attempt: 1, workflow_run_id: 'w1' });
  });

  it('lets a new workflow take over, without the input once state was stored', async () => {
    const ref = await started();
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [aCheckpoint(0)] }));
    const taken = await begin(ref, 'w2');
    expect(taken.reply).toMatchObject({ kind: 'go', input: null, saved: 'saved-0', step: 0, lastCommit: 1 });
    expect(taken.reply).not.toHaveProperty('command');
    expect(await runs.get(scope, { runId: ref.runId })).toMatchObject({ attempt: 2, workflow_run_id: 'w2' });
    const late = await journal.commitProgress(scope, aCommit(ref, 2, { workflowRunId: 'w1' }));
    expect(late).toEqual({ kind: 'fenced', notice: null });
    expect((await journal.commitProgress(scope, aCommit(ref, 2, { workflowRunId: 'w2', checkpoints: [aCheckpoint(1)] }))).kind).toBe('committed');
  });

  it('gives the input again when the run was taken over before it stored state', async () => {
    const ref = await started({ kwargs: { input: 1, command: { resume: null } } });
    await journal.commitProgress(scope, aCommit(ref, 1));
    expect((await begin(ref, 'w2')).reply).toMatchObject({ input: 1, command: { resume: null }, lastCommit: 1 });
  });

  it('tells another workflow that the run was paused, until it was resumed', async () => {
    const ref = await started();
    const happened = (commit: number, event: RunEventDraft) => journal.commitProgress(scope, { ...ref, commit, workflowRunId: 'w1', events: [event], checkpoints: [] });
    await happened(1, { type: 'run.paused.v1', data: { command_id: v7(), by: 'op', reason: null } });
    expect((await begin(ref, 'w2')).reply).toMatchObject({ kind: 'go', lastCommit: 1, paused: true });
    await begin(ref, 'w1');
    await happened(2, { type: 'run.resumed.v1', data: { command_id: v7(), by: 'op' } });
    expect((await begin(ref, 'w3')).reply).not.toHaveProperty('paused');
  });

  it('tells another workflow that the run takes back what it did, and whether it stands still in that', async () => {
    const ref = await started();
    const happened = async (commit: number, workflowRunId: string, event: RunEventDraft) => {
      await begin(ref, workflowRunId);
      expect((await journal.commitProgress(scope, { ...ref, commit, workflowRunId, events: [event], checkpoints: [] })).kind).toBe('committed');
    };
    const paused: RunEventDraft = { type: 'run.paused.v1', data: { command_id: v7(), by: 'op', reason: null } };
    await happened(1, 'w1', paused);
    await happened(2, 'w1', { type: 'run.compensation-started.v1', data: { reason: 'wrong customer', node: 'undo' } });
    const { reply } = await begin(ref, 'w2');
    expect(reply).toMatchObject({ kind: 'go', lastCommit: 2, compensation: { reason: 'wrong customer', begun: true } });
    expect(reply).not.toHaveProperty('paused');
    await happened(3, 'w2', { ...paused, data: { ...paused.data, command_id: v7() } } as RunEventDraft);
    expect((await begin(ref, 'w3')).reply).toMatchObject({ paused: true, compensation: { begun: true } });
  });

  it('tells the workflow that a run was made to take back what others did, and that a run has', async () => {
    const ref = await started({ kwargs: { input: null, compensate: { reason: 'late' } } });
    expect((await begin(ref, 'w1')).reply).toMatchObject({ compensation: { reason: 'late', begun: false } });
    await journal.commitProgress(scope, aCommit(ref, 1, { end: { status: 'cancelled', steps: 1, reason: 'late', compensated: true } }));
    const page = await journal.readEvents(scope, { runId: ref.runId, afterSeq: 0 });
    expect(page?.events.at(-1)).toMatchObject({ type: 'run.cancelled.v1', data: { reason: 'late', compensated: true } });
    expect(page?.status).toBe('interrupted');
  });

  it('starts from the thread’s newest checkpoint or from the one that the request names', async () => {
    const first = await started();
    const old = aCheckpoint(0);
    await journal.commitProgress(scope, aCommit(first, 1, { checkpoints: [old, aCheckpoint(1)], end: { status: 'success', steps: 2 } }));
    const second = aRun({ threadId: first.threadId });
    await runs.createRun(scope, second);
    expect((await begin({ ...second, tenantId: scope.tenantId })).reply).toMatchObject({ saved: 'saved-1', step: 1 });
    await journal.commitProgress(scope, aCommit({ ...second, tenantId: scope.tenantId }, 1, { end: { status: 'success', steps: 0 } }));
    const fork = aRun({ threadId: first.threadId, kwargs: { input: null, checkpoint_id: old.checkpointId } });
    await runs.createRun(scope, fork);
    expect((await begin({ ...fork, tenantId: scope.tenantId })).reply).toMatchObject({ saved: 'saved-0', step: 0 });
  });

  it('names the runs that come before, in order, and only those that are due and wait', async () => {
    const made = [aRun()];
    for (const over of [{ afterSeconds: 3_600 }, {}, {}]) made.push(aRun({ threadId: made[0]!.threadId, ...over }));
    for (const run of made) await runs.createRun(scope, run);
    const [first, delayed, second, third] = made.map((run) => ({ tenantId: scope.tenantId, threadId: run.threadId, runId: run.runId })) as RunRef[];
    const inTurn = (ref: RunRef) => journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w1', buildId: 'build', inTurn: true });
    const after = (...refs: (RunRef | undefined)[]) => ({ kind: 'after', runs: refs.map((ref) => ({ runId: ref?.runId, graphId: 'test-graph' })) });
    expect(await inTurn(third!)).toEqual({ reply: after(first, second), notice: null });
    expect(await runs.get(scope, { runId: third!.runId })).toMatchObject({ status: 'pending', attempt: 0 });
    // a sweep that has claimed the first one changes nothing
    await asOwner((owner) => owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [scope.tenantId]).then(() =>
      owner.query(`UPDATE executions.runs SET leased_until = now() + interval '15 s' WHERE run_id = $1`, [first!.runId])));
    expect((await inTurn(second!)).reply).toEqual(after(first));
    expect((await inTurn(first!)).reply.kind).toBe('go');
    expect((await inTurn(second!)).reply.kind).toBe('go');
    expect((await inTurn(third!)).reply.kind).toBe('go');
    expect((await runs.get(scope, { runId: delayed!.runId }))?.status).toBe('pending');
    // to end a run its turn is not waited for
    const ahead = aRun();
    const ended = aRun({ threadId: ahead.threadId });
    for (const run of [ahead, ended]) await runs.createRun(scope, run);
    expect((await begin({ ...ended, tenantId: scope.tenantId })).reply.kind).toBe('go');
  });

  it('skips runs that are over, cancelled or unknown', async () => {
    const done = await started();
    await journal.commitProgress(scope, aCommit(done, 1, { end: { status: 'success', steps: 1 } }));
    expect((await begin(done, 'w2')).reply).toEqual({ kind: 'skip', reason: 'terminal' });
    const cancelled = aRun();
    await runs.createRun(scope, cancelled);
    expect(await runs.cancelPending(scope, { ...cancelled, reason: 'test' })).toMatchObject({ kind: 'cancelled', notice: { seq: 2, status: 'interrupted' } });
    expect((await begin({ ...cancelled, tenantId: scope.tenantId })).reply).toEqual({ kind: 'skip', reason: 'terminal' });
    expect(await eventTypes(cancelled.runId)).toEqual(['run.created.v1', 'run.cancelled.v1']);
    expect((await begin({ tenantId: scope.tenantId, threadId: v7(), runId: v7() })).reply).toEqual({ kind: 'skip', reason: 'unknown' });
    expect((await threads.get(scope, cancelled.threadId))?.status).toBe('idle');
  });
});
