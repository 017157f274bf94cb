import {
  RUN_FENCED,
  type BeginRunGo,
  type BeginRunReply,
  type KeptByWorkflow,
  type RunRef,
  type RuntimeActivities,
  savedLists,
} from '@holdfast/agent-runtime/api';
import { MAX_SAVED_BYTES } from '@holdfast/contracts';
import { HoldfastError } from '@holdfast/contracts/errors';
import { runWithLogContext } from '@holdfast/nest-kit/log-context';
import { runWithTraceparent, withSpan } from '@holdfast/nest-kit/tracing';
import type { JournalNotice, RunJournal, TaskJournal } from '@holdfast/persistence';
import { systemContext, type TenantContext } from '@holdfast/tenant-context';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { codeOf, toActivityFailure } from '../activities/activity-failure';
import { countAttempt, type MeteredKind } from '../activities/activity-metrics';
import type { FailureLog } from '../activities/call-activity';
import type { RunOutcomes } from '../deployment/run-outcomes';
import { type BlobStore, withReferences } from '../blobs/blob-texts';
import { listTexts, storedLists } from '../blobs/list-texts';
import { RunSpans } from './run-span';

/** Wakes the readers of a run after a commit. Never throws: a lost notice only costs latency. */
export interface NoticeSink {
  publish(tenantId: string, notice: JournalNotice): void;
}

/** What the journal activities are made of. */
export interface JournalParts {
  readonly journal: Pick<RunJournal, 'beginRun' | 'commitProgress' | 'loadThread' | 'commitEdit'>;
  readonly tasks: Pick<TaskJournal, 'commitTask'>;
  readonly blobs: BlobStore;
  readonly notices: NoticeSink;
  /** Build of the workflow bundle that this worker runs. */
  readonly buildId: string;
  /** Whether that build takes all new runs: threads may linger for theirs. Never rejects. */
  takesNewRuns(): Promise<boolean>;
  readonly outcomes: Pick<RunOutcomes, 'note'>;
  readonly log: FailureLog;
  /** Called when a run is over: nobody waits for its calls any more. */
  onEnded(run: RunRef): void;
}

/** What runs do that begin on this build; open ones go on as they began. */
const BEGINS = { joinsCommits: true, callNaming: 'digests', boundsCalls: true, settlesCalls: true, boundsReplay: true, undoesDone: true } as const;

/** The runtime's bookkeeping on the run journal; every method is one local activity. */
export function createJournalActivities({ journal, tasks, blobs, notices, buildId, takesNewRuns, outcomes, log, onEnded }: JournalParts): RuntimeActivities {
  const spans = new RunSpans();
  const announce = (ctx: TenantContext, notice: JournalNotice | null): void => {
    if (notice !== null) notices.publish(ctx.tenantId, notice);
  };
  return {
    beginRun: (request) =>
      measured('begin', request, log, async (ctx) => {
        const { kept, ...asked } = request;
        // Only a versioned worker's workflows know their build; the task runs on this one in any case.
        const { reply, notice } = await journal.beginRun(ctx, { ...asked, buildId: request.buildId === '' ? buildId : request.buildId });
        announce(ctx, notice);
        if (reply.kind === 'go') spans.begin(spanKey(request));
        if (reply.kind !== 'go') return reply;
        const lists = await listTexts(blobs, ctx, reply.saved, kept?.parts);
        refuseLargeState({ ...reply, ...lists }, kept?.parts);
        const [short, mayLinger] = await Promise.all([shortened(blobs, ctx, request, reply as Extract<BeginRunReply, { kind: 'go' }>), takesNewRuns()]);
        return { ...short, ...lists, ...BEGINS, ...(mayLinger ? { mayLinger } : {}) };
      }),
    commitProgress: (batch) =>
      measured('commit', batch, log, async (ctx) => {
        const workflowRunId = Context.current().info.workflowExecution?.runId;
        if (batch.texts !== undefined) await blobs.save(ctx, { ownerId: batch.threadId }, batch.texts);
        const { kind, notice } = await journal.commitProgress(ctx, { ...batch, workflowRunId, lists: storedLists(batch) });
        announce(ctx, notice);
        const { end } = batch;
        if (end !== undefined && kind === 'committed') outcomes.note(end.status);
        // Under the request that made the run, not under this commit.
        if (end !== undefined) runWithTraceparent(batch.traceparent, () => spans.end(spanKey(batch), end.status, spanAttributes(batch)));
        if (kind === 'committed' || kind === 'duplicate') {
          // Never for an end that was refused: the calls may be those of the execution that drives the run now.
          if (end !== undefined) onEnded(batch);
          return;
        }
        throw ApplicationFailure.nonRetryable(`The run is not this workflow's any more (${kind}).`, RUN_FENCED);
      }),
    loadThread: (request) =>
      measured('load', request, log, async (ctx) => {
        const found = await journal.loadThread(ctx, { threadId: request.threadId, checkpointId: request.checkpointId });
        const saved = found?.saved ?? null;
        return { saved, ...(await listTexts(blobs, ctx, saved)) };
      }),
    commitEdit: (request) =>
      measured('edit', request, log, async (ctx) => {
        if (request.texts !== undefined) await blobs.save(ctx, { ownerId: request.threadId }, request.texts);
        const result = await journal.commitEdit(ctx, { threadId: request.threadId, commandId: request.commandId, checkpoint: request.checkpoint });
        if (result.kind === 'committed') return { checkpointId: result.checkpointId };
        if (result.reason === 'thread-busy') throw new HoldfastError('THREAD_BUSY', 'A run of the thread is active; its state cannot be edited now.');
        throw new HoldfastError('NOT_FOUND', 'The thread does not exist.');
      }),
    commitTask: (batch) =>
      measured('task', batch, log, async (ctx) => {
        const { kind, notice } = await tasks.commitTask(ctx, batch);
        announce(ctx, notice);
        if (kind === 'terminal') throw ApplicationFailure.nonRetryable('The run of the task is over.', RUN_FENCED);
      }),
  };
}

/** Too much for one message would fail the workflow task for ever; a run that ends with an error can be read. */
function refuseLargeState(
  { saved, lists = {}, context, config }: Pick<BeginRunGo, 'saved' | 'lists' | 'context' | 'config'>,
  kept: KeptByWorkflow['parts'] = {},
): void {
  const texts = [saved ?? '', ...Object.values(lists), JSON.stringify([context, config])];
  const keptBytes = savedLists(saved).reduce((sum, hash) => sum + (kept[hash] ?? 0), 0);
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), keptBytes);
  if (bytes <= MAX_SAVED_BYTES) return;
  throw new HoldfastError(
    'STATE_TOO_LARGE',
    `State, context and configuration take ${bytes} bytes, a run can begin with ${MAX_SAVED_BYTES}: remove messages, or start a new thread.`,
  );
}

/** Long texts of the input become references before they reach the workflow, so that histories stay small. */
async function shortened(
  blobs: BlobStore,
  ctx: TenantContext,
  thread: { readonly threadId: string },
  reply: Extract<BeginRunReply, { kind: 'go' }>,
): Promise<Extract<BeginRunReply, { kind: 'go' }>> {
  const { input, command } = await withReferences(blobs, ctx, thread, { input: reply.input, command: reply.command });
  return { ...reply, input, ...(command === undefined ? {} : { command }) };
}

async function measured<A>(
  kind: MeteredKind,
  ref: { readonly tenantId: string; readonly threadId: string } & Partial<RunRef>,
  log: FailureLog,
  work: (ctx: TenantContext) => Promise<A>,
): Promise<A> {
  const ctx = systemContext(ref.tenantId, 'runtime', ref.runId ?? ref.threadId, ref.traceparent);
  const fields = { tenant_id: ref.tenantId, thread_id: ref.threadId, ...(ref.runId === undefined ? {} : { run_id: ref.runId }) };
  const begun = performance.now();
  try {
    const answer = await runWithLogContext(fields, () =>
      runWithTraceparent(ref.traceparent, () => withSpan(`journal ${kind}`, spanAttributes(ref), () => work(ctx))),
    );
    countAttempt(kind, 'ok', performance.now() - begun);
    return answer;
  } catch (error) {
    const failure = toActivityFailure(error);
    countAttempt(kind, codeOf(failure), performance.now() - begun);
    if (codeOf(failure) === 'INTERNAL') log.error({ err: error, ...fields }, `journal ${kind} failed unexpectedly`);
    throw failure;
  }
}

/** Callers may choose run ids: two tenants may have the same one. */
function spanKey(ref: { readonly tenantId: string; readonly runId: string }): string {
  return `${ref.tenantId}/${ref.runId}`;
}

function spanAttributes(ref: { readonly tenantId: string } & Partial<RunRef>): Record<string, string> {
  return { 'holdfast.tenant_id': ref.tenantId, ...(ref.runId === undefined ? {} : { 'holdfast.run_id': ref.runId }) };
}
