import { v7 } from 'uuid';
import type { TenantScope } from '../src/index';
import { JournalFixture } from './journal-fixture';
import { aCheckpoint, aCommit, aRun, stepCompleted } from './support';

const fixture = new JournalFixture();
const { journal, reader, runs, threads, checkpoints, started, eventTypes } = fixture;
let scope: TenantScope;

beforeAll(async () => {
  scope = await fixture.open();
});
afterAll(() => fixture.close());

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
