import type { RunEventDraft } from '@holdfast/contracts/events';
import { v4, v7 } from 'uuid';
import { CheckpointsRepository, RunJournal, RunsRepository, ThreadsRepository, type RunRef, type TenantScope } from '../src/index';
import { aCheckpoint, aCommit, aRun, asOwner, aTenant, Fixture, stepCompleted } from './support';

const db = new Fixture();
const journal = new RunJournal(db.worker);
const reader = new RunJournal(db.gateway);
const runs = new RunsRepository(db.gateway);
const threads = new ThreadsRepository(db.gateway);
const checkpoints = new CheckpointsRepository(db.gateway);
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

async function started(over: Parameters<typeof aRun>[0] = {}, workflowRunId = 'w1'): Promise<RunRef> {
  const input = aRun(over);
  await runs.createRun(scope, input);
  const ref = { tenantId: scope.tenantId, threadId: input.threadId, runId: input.runId };
  await begin(ref, workflowRunId);
  return ref;
}

function begin(ref: RunRef, workflowRunId = 'w1') {
  return journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId, buildId: 'build' });
}

async function eventTypes(runId: string): Promise<string[]> {
  const page = await reader.readEvents(scope, { runId, afterSeq: 0 });
  const seqs = page?.events.map((e) => e.seq) ?? [];
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  return page?.events.map((e) => e.type) ?? [];
}

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

describe('commitProgress', () => {
  it('appends, stores the state and finishes the run and its thread', async () => {
    const ref = await started();
    const last = aCheckpoint(1, { values: { answer: 42 } });
    expect(await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [aCheckpoint(0, { next: ['b'] })] }))).toEqual({
      kind: 'committed',
      notice: { runId: ref.runId, seq: 3, status: 'running' },
    });
    expect((await threads.get(scope, ref.threadId))?.status).toBe('busy');
    const end = await journal.commitProgress(scope, aCommit(ref, 2, { checkpoints: [last], end: { status: 'success', steps: 2 } }));
    expect(end).toEqual({ kind: 'committed', notice: { runId: ref.runId, seq: 5, status: 'success' } });
    expect(await eventTypes(ref.runId)).toEqual([
      'run.created.v1',
      'run.started.v1',
      'run.step-completed.v1',
      'run.step-completed.v1',
      'run.completed.v1',
    ]);
    expect(await threads.get(scope, ref.threadId)).toMatchObject({
      status: 'idle',
      values: { answer: 42 },
      latest_checkpoint_id: last.checkpointId,
      interrupts: {},
      error: null,
    });
    const run = await runs.get(scope, { runId: ref.runId, threadId: ref.threadId });
    expect(run).toMatchObject({ status: 'success', last_commit: 2, last_seq: 5 });
    expect(run?.ended_at).toBeInstanceOf(Date);
  });

  it('ignores a repeat, also after the end and from many at once', async () => {
    const ref = await started();
    const batch = aCommit(ref, 1, { events: [stepCompleted(1), stepCompleted(2)], end: { status: 'success', steps: 2 } });
    const results = await Promise.all(Array.from({ length: 8 }, () => journal.commitProgress(scope, batch)));
    expect(results.filter((r) => r.kind === 'committed')).toHaveLength(1);
    expect(results.filter((r) => r.kind === 'duplicate')).toHaveLength(7);
    expect((await eventTypes(ref.runId)).length).toBe(5);
    expect((await journal.commitProgress(scope, aCommit(ref, 2))).kind).toBe('terminal');
    expect((await journal.commitProgress(scope, aCommit({ ...ref, runId: v7() }, 1))).kind).toBe('unknown');
  });

  it('keeps seq gapless when commits race', async () => {
    const ref = await started();
    const kinds = await Promise.all(Array.from({ length: 20 }, (_, i) => journal.commitProgress(scope, aCommit(ref, i + 1)).then((r) => r.kind)));
    const written = kinds.filter((kind) => kind === 'committed').length;
    expect(written).toBeGreaterThan(0);
    expect((await eventTypes(ref.runId)).length).toBe(2 + written);
  });

  it('records interrupts, failures and cancellations', async () => {
    const asked = await started();
    const interrupts = { task1: [{ id: 'i1', value: { ask: 'ok?' } }] };
    await journal.commitProgress(
      scope,
      aCommit(asked, 1, {
        checkpoints: [aCheckpoint(0, { next: ['human'], tasks: [{ id: 'task1', name: 'human', interrupts: interrupts.task1 }] })],
        end: { status: 'interrupted', steps: 1, interrupts },
      }),
    );
    expect(await threads.get(scope, asked.threadId)).toMatchObject({ status: 'interrupted', interrupts });
    expect((await checkpoints.get(scope, { threadId: asked.threadId }))?.tasks[0]).toMatchObject({ id: 'task1', interrupts: interrupts.task1 });

    const failed = await started();
    const error = { code: 'GRAPH_FAILED', message: 'boom', kind: 'user' };
    await journal.commitProgress(scope, aCommit(failed, 1, { end: { status: 'error', steps: 0, error } }));
    expect(await threads.get(scope, failed.threadId)).toMatchObject({ status: 'error', error });
    expect(await runs.get(scope, { runId: failed.runId })).toMatchObject({ status: 'error', error });
    const page = await reader.readEvents(scope, { runId: failed.runId, afterSeq: 3 });
    expect(page).toMatchObject({ status: 'error', lastSeq: 4, events: [{ type: 'run.failed.v1', data: { error } }] });

    const cancelled = await started();
    await journal.commitProgress(
      scope,
      aCommit(cancelled, 1, { checkpoints: [aCheckpoint(0, { next: ['b'] })], end: { status: 'cancelled', steps: 1, reason: 'user' } }),
    );
    expect((await runs.get(scope, { runId: cancelled.runId }))?.status).toBe('interrupted');
    expect((await threads.get(scope, cancelled.threadId))?.status).toBe('interrupted');
    expect((await eventTypes(cancelled.runId)).at(-1)).toBe('run.cancelled.v1');
  });

  it('replaces a checkpoint with a known id and makes it the newest', async () => {
    const ref = await started();
    const first = aCheckpoint(0);
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [first, aCheckpoint(1)] }));
    await journal.commitProgress(scope, aCommit(ref, 2, { checkpoints: [{ ...first, saved: 'with writes', next: ['x'] }] }));
    expect(await journal.loadThread(scope, { threadId: ref.threadId })).toEqual({ saved: 'with writes', checkpointId: first.checkpointId, step: 0 });
    expect(await checkpoints.history(scope, { threadId: ref.threadId })).toHaveLength(2);
  });

  it('rolls back the run and its checkpoints and keeps the journal', async () => {
    const before = await started();
    await journal.commitProgress(scope, aCommit(before, 1, { checkpoints: [aCheckpoint(0)], end: { status: 'success', steps: 1 } }));
    const ref = await started({ threadId: before.threadId });
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [aCheckpoint(5)] }));
    await journal.commitProgress(scope, aCommit(ref, 2, { events: [], end: { status: 'cancelled', steps: 1, rollback: true, reason: 'rollback' } }));
    expect(await runs.get(scope, { runId: ref.runId })).toBeNull();
    expect(await checkpoints.history(scope, { threadId: ref.threadId })).toHaveLength(1);
    expect(await threads.get(scope, ref.threadId)).toMatchObject({ status: 'idle', values: { step: 0 } });
    expect((await eventTypes(ref.runId)).at(-1)).toBe('run.cancelled.v1');
    expect((await reader.readEvents(scope, { runId: ref.runId, afterSeq: 0 }))?.status).toBe('interrupted');
  });

  it('lets the gateway end a run whose workflow is gone', async () => {
    const ref = await started();
    const end = { status: 'cancelled', steps: 0, reason: 'orphan' } as const;
    expect((await reader.commitProgress(scope, aCommit(ref, 1, { events: [], end }))).kind).toBe('committed');
    expect((await journal.commitProgress(scope, aCommit(ref, 2))).kind).toBe('terminal');
    expect((await threads.get(scope, ref.threadId))?.status).toBe('idle');
  });

  it('leaves the thread busy while more runs wait', async () => {
    const ref = await started();
    await runs.createRun(scope, aRun({ threadId: ref.threadId }));
    await journal.commitProgress(scope, aCommit(ref, 1, { end: { status: 'success', steps: 1 } }));
    expect((await threads.get(scope, ref.threadId))?.status).toBe('busy');
  });

  it('stores text that jsonb cannot hold', async () => {
    const ref = await started();
    const values = { odd: 'a\u0000b\ud800c\\u0000', fine: '😀' };
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [aCheckpoint(0, { values })] }));
    expect((await checkpoints.get(scope, { threadId: ref.threadId }))?.values).toEqual({ odd: 'a\ufffdb\ufffdc\\u0000', fine: '😀' });
  });
});

describe('readEvents', () => {
  it('pages, and knows no run of another tenant', async () => {
    const ref = await started();
    await journal.commitProgress(scope, aCommit(ref, 1, { events: [1, 2, 3].map(stepCompleted) }));
    const page = await reader.readEvents(scope, { runId: ref.runId, afterSeq: 1, limit: 2 });
    expect(page?.events.map((e) => e.seq)).toEqual([2, 3]);
    expect(page?.lastSeq).toBe(5);
    const empty = await reader.readEvents(scope, { runId: ref.runId, afterSeq: 5 });
    expect(empty).toEqual({ events: [], lastSeq: 5, status: 'running' });
    expect(await reader.readEvents((await aTenant()).scope, { runId: ref.runId, afterSeq: 0 })).toBeNull();
    expect(page?.events[0]).toMatchObject({ tenantId: scope.tenantId, runId: ref.runId, threadId: ref.threadId, traceparent: null });
  });
});

describe('commitEdit', () => {
  it('makes the edited state the newest, once, and not under a running run', async () => {
    const threadId = v7();
    expect(await journal.commitEdit(scope, { threadId, checkpoint: aCheckpoint(0) })).toEqual({ kind: 'refused', reason: 'thread-not-found' });
    await threads.create(scope, { threadId, metadata: {}, ifExists: 'raise' });
    const edit = aCheckpoint(3, { source: 'update', values: { edited: true }, checkpointId: v4() });
    expect(await journal.commitEdit(scope, { threadId, checkpoint: edit })).toEqual({ kind: 'committed', checkpointId: edit.checkpointId });
    expect(await journal.commitEdit(scope, { threadId, checkpoint: edit })).toEqual({ kind: 'committed', checkpointId: edit.checkpointId });
    expect(await checkpoints.history(scope, { threadId })).toHaveLength(1);
    expect(await threads.get(scope, threadId)).toMatchObject({ values: { edited: true }, status: 'idle' });
    const edited = () => checkpoints.hasEdit(scope, { threadId, commandId: 'edit-1' });
    expect(await edited()).toBe(false);
    // executed again after its workflow task was lost: on top of itself, with another checkpoint
    const [first, again] = [aCheckpoint(4), aCheckpoint(5)];
    for (const checkpoint of [first, again]) {
      expect(await journal.commitEdit(scope, { threadId, commandId: 'edit-1', checkpoint })).toEqual({ kind: 'committed', checkpointId: first.checkpointId });
    }
    expect(await edited()).toBe(true);
    expect(await checkpoints.history(scope, { threadId })).toHaveLength(2);
    await started({ threadId });
    expect(await journal.commitEdit(scope, { threadId, checkpoint: aCheckpoint(4) })).toEqual({ kind: 'refused', reason: 'thread-busy' });
  });
});
