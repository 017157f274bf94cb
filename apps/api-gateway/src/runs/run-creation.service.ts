import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { externalise } from '@holdfast/contracts/messages';
import { NoticeBus } from '@holdfast/event-bus';
import { addLogContext } from '@holdfast/nest-kit';
import { BlobsRepository, CheckpointsRepository, RunsRepository, type AssistantRow, type CreateRunResult, type RunRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import { AssistantDirectory } from '../assistants/assistant-directory';
import { DeliveryService } from '../delivery/delivery.service';
import { refuseUnsupportedRun } from '../http/not-supported';
import { threadNotFound } from '../threads/thread-errors';
import { requestHash, sha256Hex } from './request-hash';
import { checkpointIdOf, identityOf, runKwargs } from './run-kwargs';
import type { RunCreate } from './runs.schema';

/** A request for a run. */
export interface CreateRunCommand {
  /** Absent: a stateless run, on a thread of its own. */
  readonly threadId?: string | undefined;
  readonly body: RunCreate;
  /** On whose behalf the run acts. Default: the caller's. */
  readonly identity?: Readonly<Record<string, unknown>>;
  /** The run takes back what those before it did, and why. */
  readonly compensate?: { readonly reason: string };
  /** `Idempotency-Key` with the operation that it was sent to. */
  readonly idempotency?: { readonly route: string; readonly key: string } | undefined;
}

type CreatedRun = Extract<CreateRunResult, { kind: 'created' }>;

/** Makes runs: the row first, Temporal after (design.md §2). */
@Injectable()
export class RunCreationService {
  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(BlobsRepository) private readonly blobs: BlobsRepository,
    @Inject(CheckpointsRepository) private readonly checkpoints: CheckpointsRepository,
    @Inject(AssistantDirectory) private readonly assistants: AssistantDirectory,
    @Inject(DeliveryService) private readonly deliveries: DeliveryService,
    @Inject(NoticeBus) private readonly notices: NoticeBus,
  ) {}

  /**
   * The run of the request; the same one for a repeated request with the same `Idempotency-Key` or `run_id`.
   * @throws HoldfastError NOT_FOUND (assistant, thread), INVALID_ARGUMENT (checkpoint, context), NOT_SUPPORTED, THREAD_BUSY (`reject`), APPROVAL_REQUIRED, IDEMPOTENCY_MISMATCH, CONFLICT
   */
  async create(ctx: TenantContext, command: CreateRunCommand): Promise<RunRow> {
    return this.write(ctx, command, await this.check(ctx, command));
  }

  /**
   * The runs of several requests, in order. None is made before all of them have been found good.
   * @throws HoldfastError as {@link create} does; fields are named with the place of the request, `3.assistant_id`
   */
  async createAll(ctx: TenantContext, commands: readonly CreateRunCommand[]): Promise<RunRow[]> {
    const checked: { command: CreateRunCommand; assistant: AssistantRow }[] = [];
    for (const [place, command] of commands.entries()) {
      const assistant = await this.check(ctx, command).catch((error: unknown) => {
        throw fieldsAt(place, error);
      });
      checked.push({ command, assistant });
    }
    const made: RunRow[] = [];
    for (const { command, assistant } of checked) made.push(await this.write(ctx, command, assistant));
    return made;
  }

  /** Whatever can be refused before something is written. */
  private async check(ctx: TenantContext, { threadId, body }: CreateRunCommand): Promise<AssistantRow> {
    refuseUnsupportedRun(body);
    assertObject(body.context);
    await this.assertCheckpoint(ctx, threadId, checkpointIdOf(body));
    return this.assistants.require(ctx, body.assistant_id);
  }

  /** A run that cannot find its checkpoint would begin from nothing and become the thread's newest state. */
  private async assertCheckpoint(ctx: TenantContext, threadId: string | undefined, checkpointId: string | undefined): Promise<void> {
    if (checkpointId === undefined) return;
    if (threadId !== undefined && (await this.checkpoints.exists(ctx, { threadId, checkpointId }))) return;
    throw new HoldfastError('INVALID_ARGUMENT', `checkpoint_id: the thread has no checkpoint ${checkpointId}`, {
      fields: [{ path: 'checkpoint_id', message: 'is no checkpoint of the thread' }],
    });
  }

  private async write(ctx: TenantContext, command: CreateRunCommand, assistant: AssistantRow): Promise<RunRow> {
    const { body, idempotency, identity = identityOf(ctx), compensate } = command;
    const stateless = command.threadId === undefined;
    const place = { runId: body.run_id ?? uuidv7(), threadId: command.threadId ?? uuidv7(), stateless };
    const kwargs = runKwargs(identity, place, assistant, body);
    // What goes into the state. Configuration and context are read by the graph's code, which knows no references.
    const texts = externalise({ input: kwargs['input'], command: kwargs['command'] }, sha256Hex);
    // Before the row that refers to them; those of a refused run stay as long as the thread's.
    if (texts.blobs.length > 0) await this.blobs.putMany(ctx, { ownerId: place.threadId }, texts.blobs);
    const strategy = body.multitask_strategy ?? 'enqueue';
    const result = await this.runs.createRun(ctx, {
      ...place,
      assistantId: assistant.assistant_id,
      graphId: assistant.graph_id,
      kwargs: { ...kwargs, ...(texts.value as Record<string, unknown>), ...(compensate === undefined ? {} : { compensate }) },
      metadata: body.metadata ?? {},
      multitaskStrategy: strategy,
      ifNotExists: stateless ? 'create' : (body.if_not_exists ?? 'reject'),
      afterSeconds: body.after_seconds ?? 0,
      deleteThread: stateless && body.on_completion !== 'keep',
      // Only a repeat is compared, and only with one of these can there be one: the hash of a large body costs.
      requestHash: idempotency === undefined && body.run_id == null ? undefined : requestHash({ thread_id: command.threadId ?? null, body }),
      idempotency: idempotency === undefined ? undefined : { principalId: ctx.principalId, ...idempotency },
    });
    if (result.kind === 'refused') throw refusal(result, place.threadId);
    addLogContext({ run_id: result.run.run_id, thread_id: result.run.thread_id });
    if (!result.replayed) this.handOver(ctx, result, strategy);
    return result.run;
  }

  /** What follows the commit of a run: its readers wake, and it is on its way to Temporal. Never throws. */
  handOver(ctx: TenantContext, made: Pick<CreatedRun, 'run' | 'notice' | 'activeRuns'>, strategy: string): void {
    const { run, notice, activeRuns } = made;
    if (notice !== null) {
      this.notices.publish(ctx.tenantId, run.run_id, { seq: notice.seq, status: notice.status });
      // For those who follow the thread: they cannot know the run yet.
      this.notices.publish(ctx.tenantId, run.thread_id, { seq: notice.seq, status: notice.status });
    }
    const displacing = strategy === 'interrupt' || strategy === 'rollback';
    this.deliveries.deliverSoon(ctx, {
      threadId: run.thread_id,
      runId: run.run_id,
      graphId: run.graph_id,
      now: run.deliver_at.getTime() <= run.created_at.getTime(),
      ...(displacing && activeRuns.length > 0 ? { displaces: { action: strategy, runs: activeRuns } } : {}),
    });
  }
}

function refusal(result: Extract<CreateRunResult, { kind: 'refused' }>, threadId: string): HoldfastError {
  switch (result.reason) {
    case 'thread-busy':
      return new HoldfastError('THREAD_BUSY', 'Thread is already running a task. Wait for it to finish or choose a different multitask strategy.', {
        details: { run_id: result.activeRun.runId },
      });
    case 'thread-not-found':
      return threadNotFound(threadId);
    case 'approval-required':
      return new HoldfastError('APPROVAL_REQUIRED', 'The thread waits for an approval: decide it under /approvals.');
    case 'idempotency-mismatch':
      return new HoldfastError('IDEMPOTENCY_MISMATCH', 'The Idempotency-Key was used with another request.');
    case 'run-id-taken':
      return new HoldfastError('CONFLICT', 'The run id was used with another request.', { fields: [{ path: 'run_id', message: 'is taken' }] });
    case 'run-gone':
      return new HoldfastError('CONFLICT', 'The run of this Idempotency-Key has been deleted.');
  }
}

/** The same refusal, with its fields where they stand in a list. */
function fieldsAt(place: number, error: unknown): unknown {
  if (!isHoldfastError(error) || error.fields.length === 0) return error;
  const fields = error.fields.map(({ path, message }) => ({ path: `${place}.${path}`, message }));
  return new HoldfastError(error.code, error.message, { cause: error, details: error.details, fields });
}

/** Contexts are objects: a primitive cannot be merged with the assistant's. */
function assertObject(context: unknown): void {
  if (context === undefined || context === null || (typeof context === 'object' && !Array.isArray(context))) return;
  throw new HoldfastError('INVALID_ARGUMENT', 'context: must be an object', { fields: [{ path: 'context', message: 'must be an object' }] });
}
