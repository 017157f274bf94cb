import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { RunJournal, RunsRepository, type RunRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v5 as uuidv5 } from 'uuid';
import { AssistantDirectory } from '../assistants/assistant-directory';
import { CancelService, type CancelOutcome } from '../delivery/cancel.service';
import type { RunPlace } from './driven-runs';
import { repeatOf } from './repeat-of';
import { RunCreationService } from './run-creation.service';
import { identityIn } from './run-kwargs';

/** What became of a cancel. */
export interface Cancelled {
  readonly outcome: CancelOutcome;
  /** The run that takes back what the cancelled one did; absent when that one does so itself. */
  readonly by?: RunRow;
}

/** Cancels runs so that their graphs take back what they did: a running one by itself, one that has ended by a run that goes on where it stopped. */
@Injectable()
export class RunCompensationService {
  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(RunJournal) private readonly journal: RunJournal,
    @Inject(AssistantDirectory) private readonly assistants: AssistantDirectory,
    @Inject(CancelService) private readonly cancels: CancelService,
    @Inject(RunCreationService) private readonly creation: RunCreationService,
  ) {}

  /**
   * A repeat is answered with what the first one has begun.
   * @throws HoldfastError CONFLICT with the reason when nothing can be taken back; THREAD_BUSY, DEPENDENCY_UNAVAILABLE, DEADLINE_EXCEEDED
   */
  async cancel(ctx: TenantContext, place: RunPlace, reason: string): Promise<Cancelled> {
    const run = await this.runs.get(ctx, place);
    if (run === null) return { outcome: 'not-found' };
    const { compensate } = await this.assistants.graph(run.graph_id);
    if (compensate === null) {
      throw new HoldfastError('CONFLICT', `Graph ${run.graph_id} cannot take back what it did: it names no node for that (compensate).`);
    }
    const outcome = await this.cancels.cancel(ctx, { ...place, action: 'compensate', reason });
    return outcome === 'finished' ? this.afterEnd(ctx, place, reason) : { outcome };
  }

  private async afterEnd(ctx: TenantContext, place: RunPlace, reason: string): Promise<Cancelled> {
    const [run, [newest]] = await Promise.all([this.runs.get(ctx, place), this.runs.list(ctx, { threadId: place.threadId, limit: 1 })]);
    if (run === null) return { outcome: 'not-found' };
    const runId = run.run_id;
    if (run.status === 'success') throw new HoldfastError('CONFLICT', `Run ${runId} has completed: what it did stays done.`);
    const nextId = uuidv5('compensate', runId);
    if (newest?.run_id === nextId) return { outcome: 'requested', by: newest };
    if (await this.hasCompensated(ctx, run)) return { outcome: 'finished' };
    if (newest?.run_id !== runId) throw new HoldfastError('CONFLICT', `The thread has gone on since: its newest run is ${newest?.run_id}.`);
    if (!run.has_state) throw new HoldfastError('CONFLICT', `Run ${runId} ended before its first step: there is nothing to take back.`);
    const body = repeatOf(run, nextId, { compensated_run_id: runId });
    const command = { threadId: place.threadId, body, identity: identityIn(run.kwargs), compensate: { reason } };
    return { outcome: 'requested', by: await this.creation.create(ctx, command) };
  }

  private async hasCompensated(ctx: TenantContext, run: RunRow): Promise<boolean> {
    const page = await this.journal.readEvents(ctx, { runId: run.run_id, afterSeq: run.last_seq - 1, limit: 1 });
    const last = page?.events[0];
    return last?.type === 'run.cancelled.v1' && (last.data as { compensated?: unknown }).compensated === true;
  }
}
