import { Inject, Injectable } from '@nestjs/common';
import type { JournalRow } from '@holdfast/contracts/events';
import { CheckpointsRepository, type RunRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import type { StreamCursor } from './cursor';
import { Hydrator } from './hydrator';
import { readPatiently } from './patient-read';
import { RunFollower } from './run-follower';
import { RunProjection, type StreamEvent } from './run-projection';
import { shownTasks, type LoadedCheckpoint } from './state-frames';
import { wantsMessages, type StreamView } from './stream-modes';

/** What a stream shows and from where. */
export interface RunStreamRequest {
  readonly run: Pick<RunRow, 'run_id' | 'thread_id' | 'assistant_id' | 'graph_id' | 'kwargs'>;
  readonly view: StreamView;
  readonly from: StreamCursor;
}

/** The events of a run as one viewer wants to see them. */
@Injectable()
export class RunStreamService {
  constructor(
    @Inject(RunFollower) private readonly follower: RunFollower,
    @Inject(CheckpointsRepository) private readonly checkpoints: CheckpointsRepository,
    @Inject(Hydrator) private readonly hydrator: Hydrator,
  ) {}

  /** Ends after the run's last event or with the signal. The caller has checked that the run is the tenant's. */
  async *events(ctx: TenantContext, request: RunStreamRequest, signal: AbortSignal): AsyncGenerator<StreamEvent, void, undefined> {
    const { run, view, from } = request;
    const context = { runId: run.run_id, threadId: run.thread_id, assistantId: run.assistant_id, graphId: run.graph_id };
    const projection = new RunProjection(context, view, from, run.kwargs['input']);
    for await (const happening of this.follower.follow(ctx, run.run_id, { tokens: wantsMessages(view), onlyEnd: false }, signal)) {
      if (happening.kind === 'token') {
        yield* projection.applyToken(happening.chunk);
        continue;
      }
      const loaded = await readPatiently(() => this.load(ctx, projection, happening.row), signal);
      if (loaded === undefined) return;
      yield* projection.applyRow(loaded.row, loaded.states);
    }
  }

  /** The row with the states that it refers to and all long texts in place. */
  private async load(ctx: TenantContext, projection: RunProjection, row: JournalRow): Promise<{ row: JournalRow; states: Map<string, LoadedCheckpoint> }> {
    const found: [string, LoadedCheckpoint][] = [];
    for (const checkpointId of projection.needs(row)) {
      const state = await this.checkpoints.get(ctx, { threadId: row.threadId, checkpointId });
      if (state === null) continue;
      const { parent_checkpoint_id: parentCheckpointId, values, next, metadata } = state;
      const tasks = shownTasks(row.threadId, state.tasks);
      found.push([checkpointId, { checkpointId, parentCheckpointId, values, next, tasks, metadata }]);
    }
    if (!projection.needsTexts(row)) return { row, states: new Map(found) };
    const whole = await this.hydrator.hydrate(ctx, { data: row.data, found });
    return { row: { ...row, data: whole.data }, states: new Map(whole.found) };
  }
}
