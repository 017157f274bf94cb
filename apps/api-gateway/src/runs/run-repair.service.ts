import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { CheckpointsRepository, RunsRepository, type RunRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v5 as uuidv5 } from 'uuid';
import { requireOperator } from '../auth/require-operator';
import { TemporalLink } from '../connections/temporal-link';
import { Hydrator } from '../streaming/hydrator';
import type { RunPlace } from './driven-runs';
import { repeatOf } from './repeat-of';
import { RunCreationService } from './run-creation.service';
import { identityIn } from './run-kwargs';
import { runNotFound } from './run-not-found';

/** A failed run and the one that goes on with it. */
interface Repair {
  readonly run: RunRow;
  /** Follows from the failed run and the way, so that a repeated request finds the run of the first. */
  readonly nextId: string;
  readonly isRepeat: boolean;
}

/**
 * Goes on with runs that failed, on behalf of those who made them: a graph must not do with an operator's rights what its user may not. What was done,
 * and by whom, is in the new run's metadata, and so in its `run.created.v1`.
 */
@Injectable()
export class RunRepairService {
  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(CheckpointsRepository) private readonly checkpoints: CheckpointsRepository,
    @Inject(RunCreationService) private readonly creation: RunCreationService,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(Hydrator) private readonly hydrator: Hydrator,
  ) {}

  /**
   * From the step that failed: what finished beside it is not done again, nor are finished calls.
   * @throws HoldfastError PERMISSION_DENIED, NOT_FOUND, THREAD_BUSY; CONFLICT when the run did not fail, or the thread has gone on since
   */
  async retry(ctx: TenantContext, place: RunPlace): Promise<RunRow> {
    requireOperator(ctx);
    const { run, nextId } = await this.require(ctx, place, 'retry');
    // A run that failed before it had a state begins anew.
    const kwargs = run.has_state ? {} : await this.hydrator.hydrate(ctx, { input: run.kwargs['input'], command: run.kwargs['command'] });
    const body = { ...repeatOf(run, nextId, { retried_run_id: run.run_id, operator: ctx.principalId }), ...kwargs };
    return this.creation.create(ctx, { threadId: place.threadId, body, identity: identityIn(run.kwargs) });
  }

  /**
   * From behind the step that failed, as if its node had returned the values.
   * @throws HoldfastError as {@link retry} does; CONFLICT when no single node failed; INVALID_ARGUMENT when a reducer refuses the values
   */
  async skip(ctx: TenantContext, place: RunPlace, values: Readonly<Record<string, unknown>> | null): Promise<RunRow> {
    requireOperator(ctx);
    const { run, nextId, isRepeat } = await this.require(ctx, place, 'skip');
    if (!isRepeat) await this.putResult(ctx, run, nextId, values);
    const body = repeatOf(run, nextId, { skipped_run_id: run.run_id, operator: ctx.principalId });
    return this.creation.create(ctx, { threadId: place.threadId, body, identity: identityIn(run.kwargs) });
  }

  private async require(ctx: TenantContext, place: RunPlace, way: 'retry' | 'skip'): Promise<Repair> {
    const [run, [newest]] = await Promise.all([this.runs.get(ctx, place), this.runs.list(ctx, { threadId: place.threadId, limit: 1 })]);
    if (run === null) throw runNotFound(place.runId);
    if (run.status !== 'error' && run.status !== 'timeout') throw new HoldfastError('CONFLICT', `Run ${run.run_id} did not fail: its status is ${run.status}.`);
    const nextId = uuidv5(way, run.run_id);
    const isRepeat = newest?.run_id === nextId;
    if (!isRepeat && newest?.run_id !== run.run_id) throw new HoldfastError('CONFLICT', `The thread has gone on since: its newest run is ${newest?.run_id}.`);
    return { run, nextId, isRepeat };
  }

  private async putResult(ctx: TenantContext, run: RunRow, commandId: string, values: Readonly<Record<string, unknown>> | null): Promise<void> {
    // An earlier request came so far and no further: nothing of the newest state has failed any more.
    if (await this.checkpoints.hasEdit(ctx, { threadId: run.thread_id, commandId })) return;
    const head = await this.checkpoints.get(ctx, { threadId: run.thread_id });
    if (head === null || !run.has_state) throw new HoldfastError('CONFLICT', `Run ${run.run_id} failed before its first step: retry it.`);
    const open = head.tasks.filter(({ error, result }) => error != null || result == null);
    const [failed] = open;
    if (failed === undefined || failed.error == null) {
      throw new HoldfastError('CONFLICT', 'No step of the newest state has failed: the run was refused, or the state was edited since. Retry it.');
    }
    if (open.length > 1) {
      const names = open.map(({ name }) => name).join(', ');
      throw new HoldfastError('CONFLICT', `Nodes beside each other did not finish (${names}): a skip would lose the others. Retry it.`);
    }
    const edit = { commandId, graphId: run.graph_id, values, asNode: failed.name, checkpointId: head.checkpoint_id };
    await this.temporal.threads().editState(ctx, run.thread_id, edit);
  }
}
