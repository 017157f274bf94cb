import { randomUUID } from 'node:crypto';
import type { BeginRunRequest, RuntimeActivities } from '@holdfast/agent-runtime/api';
import { MAX_SAVED_BYTES } from '@holdfast/contracts';
import { isBlobRef } from '@holdfast/contracts/messages';
import { type Notice, NatsLink, NoticeBus } from '@holdfast/event-bus';
import { BlobsRepository, createDatabase, type Database, RunJournal, RunsRepository, TaskJournal } from '@holdfast/persistence';
import { systemContext } from '@holdfast/tenant-context';
import { MockActivityEnvironment } from '@temporalio/testing';
import { PostgresBlobStore } from '../src/blobs/postgres-blob-store';
import { RunOutcomes } from '../src/deployment/run-outcomes';
import { createJournalActivities } from '../src/journal/journal.activities';
import { env, silent, workerDatabase } from './support';

describe('the journal activities on PostgreSQL and NATS', () => {
  let gateway: Database;
  let worker: Database;
  let nats: NatsLink;
  let notices: NoticeBus;
  let activities: RuntimeActivities;
  const outcomes = new RunOutcomes();
  /** Runs whose calls nobody waits for any more. */
  const ended: string[] = [];

  beforeAll(async () => {
    gateway = createDatabase({ url: env('DATABASE_URL_GATEWAY'), maxConnections: 2, applicationName: 'worker-int-test' });
    worker = workerDatabase();
    nats = new NatsLink({ url: env('NATS_URL'), clientName: 'worker-int-test', log: silent });
    nats.start();
    await nats.whenUp(AbortSignal.timeout(10_000));
    notices = new NoticeBus(nats);
    activities = createJournalActivities({
      journal: new RunJournal(worker),
      tasks: new TaskJournal(worker),
      blobs: new PostgresBlobStore(new BlobsRepository(worker)),
      notices: { publish: (tenantId, { runId, seq, status }) => notices.publish(tenantId, runId, { seq, status }) },
      buildId: 'build-of-the-test',
      takesNewRuns: async () => true,
      outcomes,
      log: silent,
      onEnded: ({ runId }) => void ended.push(runId),
    });
  }, 20_000);

  afterAll(async () => {
    notices.close();
    await nats.stop();
    await Promise.all([gateway.close(), worker.close()]);
  });

  /** A run as the gateway creates it, and how its workflow would begin it. */
  async function aRun(input: unknown): Promise<BeginRunRequest> {
    const ids = { tenantId: randomUUID(), threadId: randomUUID(), runId: randomUUID() };
    const created = await new RunsRepository(gateway).createRun(systemContext(ids.tenantId, 'test', 'r'), {
      ...ids,
      assistantId: randomUUID(),
      graphId: 'g',
      kwargs: { input },
      metadata: {},
      multitaskStrategy: 'enqueue',
      ifNotExists: 'create',
    });
    expect(created.kind).toBe('created');
    return { ...ids, workflowId: `t/${ids.tenantId}/th/${ids.threadId}`, workflowRunId: randomUUID(), buildId: '', inTurn: true };
  }

  const inWorkflow = <A, R>(request: BeginRunRequest, fn: (arg: A) => Promise<R>, arg: A): Promise<R> =>
    new MockActivityEnvironment({ workflowExecution: { workflowId: request.workflowId, runId: request.workflowRunId } }).run(fn, arg) as Promise<R>;

  it('begin a run: long input by reference, status running, a notice, the worker\'s build in the journal', async () => {
    const request = await aRun({ messages: [{ type: 'human', content: 'long '.repeat(1_000) }], short: 'x' });
    const heard: (Notice | undefined)[] = [];
    const told = new Promise<void>((resolve) => notices.subscribe(request.tenantId, request.runId, (notice) => (notice === undefined ? undefined : (heard.push(notice), resolve()))));
    await nats.connection?.flush();
    const reply = await inWorkflow(request, activities.beginRun, request);
    await told;
    if (reply.kind !== 'go') throw new Error('the run was not begun');
    const { messages, short } = reply.input as { messages: { content: unknown[] }[]; short: string };
    expect(short).toBe('x');
    expect(reply.mayLinger).toBe(true);
    expect(isBlobRef(messages[0]?.content[0])).toBe(true);
    expect(heard).toEqual([{ seq: 2, status: 'running' }]);
    const page = await new RunJournal(worker).readEvents({ tenantId: request.tenantId }, { runId: request.runId, afterSeq: 1 });
    expect(page?.events).toEqual([expect.objectContaining({ type: 'run.started.v1', data: expect.objectContaining({ build_id: 'build-of-the-test' }) })]);
  });

  it('refuse, for good and with a code, to begin with more state than fits into a message', async () => {
    const request = await aRun({ x: 1 });
    await inWorkflow(request, activities.beginRun, request);
    const checkpoint = {
      checkpointId: randomUUID(), parentCheckpointId: null, step: 0, source: 'input' as const,
      values: {}, next: [], tasks: [], metadata: { step: 0, source: 'input' }, saved: 'x'.repeat(MAX_SAVED_BYTES + 1),
    };
    const { tenantId, threadId, runId } = request;
    await inWorkflow(request, activities.commitProgress, { tenantId, threadId, runId, commit: 1, events: [], checkpoints: [checkpoint] });
    const next = { ...request, workflowRunId: randomUUID() };
    await expect(inWorkflow(next, activities.beginRun, next)).rejects.toMatchObject({ type: 'STATE_TOO_LARGE', nonRetryable: true });
  });

  it('begin a run that is not there: skip', async () => {
    const request = { ...(await aRun(null)), runId: randomUUID() };
    expect(await inWorkflow(request, activities.beginRun, request)).toEqual({ kind: 'skip', reason: 'unknown' });
  });

  it('commit progress once, and fence a workflow that has lost the run', async () => {
    const request = await aRun({ x: 1 });
    await inWorkflow(request, activities.beginRun, request);
    const { tenantId, threadId, runId } = request;
    const end = { status: 'success' as const, steps: 1 };
    const last = { tenantId, threadId, runId, commit: 1, events: [], checkpoints: [], end };
    const stranger = { ...request, workflowRunId: randomUUID() };
    await expect(inWorkflow(stranger, activities.commitProgress, last)).rejects.toMatchObject({ type: 'RUN_FENCED', nonRetryable: true });
    // The calls of the execution that has the run go on.
    expect(ended).not.toContain(runId);
    const before = outcomes.counts.ended;
    await inWorkflow(request, activities.commitProgress, last);
    await inWorkflow(request, activities.commitProgress, last);
    expect(outcomes.counts.ended).toBe(before + 1);
    expect(ended.filter((id) => id === runId).length).toBeGreaterThan(0);
    await expect(inWorkflow(request, activities.commitProgress, { ...last, commit: 2 })).rejects.toMatchObject({ type: 'RUN_FENCED' });
    const page = await new RunJournal(worker).readEvents({ tenantId }, { runId, afterSeq: 0 });
    expect(page).toMatchObject({ status: 'success', lastSeq: 3 });
  });

  it('fail retryably while PostgreSQL is away', async () => {
    const away = createDatabase({ url: 'postgresql://nobody:nothing@127.0.0.1:1/none', maxConnections: 1, applicationName: 'x' });
    const lost = createJournalActivities({
      journal: new RunJournal(away),
      tasks: new TaskJournal(worker),
      blobs: new PostgresBlobStore(new BlobsRepository(away)),
      notices: { publish: () => undefined },
      buildId: '',
      takesNewRuns: async () => false,
      outcomes,
      log: silent,
      onEnded: () => undefined,
    });
    const request = { tenantId: randomUUID(), threadId: randomUUID() };
    await expect(new MockActivityEnvironment().run(lost.loadThread, request)).rejects.toMatchObject({ type: 'DEPENDENCY_UNAVAILABLE', nonRetryable: false });
    await away.close();
  });
});
