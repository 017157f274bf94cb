import { Inject, Injectable } from '@nestjs/common';
import { NatsLink, NoticeBus, WakeSignal } from '@holdfast/event-bus';
import { type PlacedEdit, type PlacedRun, type RunPlace, type RunRow, RunsRepository, ThreadEditsRepository, ThreadRunsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { viewOf } from '../runs/stream-view';
import { STREAM_START, type StreamCursor } from '../streaming/cursor';
import { readPatiently } from '../streaming/patient-read';
import type { StreamEvent } from '../streaming/run-projection';
import { RunStreamService } from '../streaming/run-stream.service';
import { EditedStates } from './edited-states';
import { encodeThreadCursor, type ThreadCursor } from './thread-cursor';
import type { ThreadStreamMode } from './thread-stream.schema';

/** How long a viewer relies on notices before the thread is looked at, ms; longer and longer while no run comes. */
const LOOK_MS = 1_000;
const LONGEST_LOOK_MS = 10_000;

/** What a viewer of a thread wants. */
export interface ThreadStreamRequest {
  readonly threadId: string;
  readonly modes: ReadonlySet<ThreadStreamMode>;
  /** `open`: the runs that have not ended, from their begin, and those that come. */
  readonly from: ThreadCursor | 'start' | 'open';
}

/** Where the stream goes on: behind a place, in a run. */
interface Position {
  readonly after: RunPlace | null;
  /** Of the first run only, when it is this one. */
  readonly within?: { readonly runId: string; readonly at: StreamCursor } | undefined;
}

/** The events of a thread's runs, one run after the other, in the order in which they begin, and the edits of its state between them. */
@Injectable()
export class ThreadStreamService {
  constructor(
    @Inject(ThreadRunsRepository) private readonly threadRuns: ThreadRunsRepository,
    @Inject(ThreadEditsRepository) private readonly edits: ThreadEditsRepository,
    @Inject(EditedStates) private readonly states: EditedStates,
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(RunStreamService) private readonly streams: RunStreamService,
    @Inject(NoticeBus) private readonly notices: NoticeBus,
    @Inject(NatsLink) private readonly nats: NatsLink,
  ) {}

  /** Ends with the signal, or when the thread is gone. The caller has checked that it is the tenant's. */
  async *events(ctx: TenantContext, request: ThreadStreamRequest, signal: AbortSignal): AsyncGenerator<StreamEvent, void, undefined> {
    const wake = new WakeSignal();
    const unsubscribe = this.notices.subscribe(ctx.tenantId, request.threadId, () => wake.wake());
    try {
      let position = await readPatiently(() => this.positionOf(ctx, request), signal);
      while (position !== undefined) {
        const next = await this.next(ctx, request, position.after, wake, signal);
        if (next === undefined) return;
        if ('checkpointId' in next) {
          const { checkpointId } = next;
          const data = await readPatiently(() => this.states.get(ctx, request.threadId, checkpointId), signal);
          if (data != null) yield { id: encodeThreadCursor({ checkpointId }), event: 'state_update', data };
          position = { after: next.place };
          continue;
        }
        const { run, place } = next;
        const from = position.within?.runId === run.run_id ? position.within.at : STREAM_START;
        yield* this.runEvents(ctx, request.modes, { run, from }, signal);
        if (signal.aborted) return;
        if (request.modes.has('run_modes') || request.modes.has('lifecycle')) yield await this.runDone(ctx, run, signal);
        position = { after: place };
      }
    } finally {
      unsubscribe();
    }
  }

  private async *runEvents(
    ctx: TenantContext,
    modes: ReadonlySet<ThreadStreamMode>,
    { run, from }: { run: RunRow; from: StreamCursor },
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent, void, undefined> {
    const whole = modes.has('run_modes');
    const view = whole ? viewOf(run.kwargs['stream_mode'], run.kwargs['subgraphs']) : { modes: new Set<never>(), subgraphs: false };
    for await (const { id, ...event } of this.streams.events(ctx, { run, view, from }, signal)) {
      if (whole || (modes.has('lifecycle') && event.event === 'metadata')) yield { id: `${run.run_id}/${id}`, ...event };
    }
  }

  /** The status is left out when the run is gone, as one that was rolled back is. */
  private async runDone(ctx: TenantContext, { run_id: runId, thread_id: threadId }: RunRow, signal: AbortSignal): Promise<StreamEvent> {
    const ended = await readPatiently(() => this.runs.get(ctx, { runId }), signal);
    const status = ended == null ? {} : { status: ended.status };
    return { id: encodeThreadCursor({ runId, at: 'done' }), event: 'run_done', data: { run_id: runId, thread_id: threadId, ...status } };
  }

  /** Waits for it; undefined when the thread is gone or the signal fires. */
  private async next(ctx: TenantContext, request: ThreadStreamRequest, after: RunPlace | null, wake: WakeSignal, signal: AbortSignal): Promise<PlacedRun | PlacedEdit | undefined> {
    for (let quietLooks = 1; !signal.aborted; quietLooks += 1) {
      const next = await readPatiently(() => this.look(ctx, request, after), signal);
      if (next === 'thread-gone') return undefined;
      if (next != null) return next;
      // Thousands of viewers of quiet threads must not become thousands of queries a second; without NATS nobody wakes them.
      await wake.wait(this.nats.isUp ? Math.min(LONGEST_LOOK_MS, LOOK_MS * quietLooks) : LOOK_MS, signal);
    }
    return undefined;
  }

  private async look(ctx: TenantContext, { threadId, modes }: ThreadStreamRequest, after: RunPlace | null): Promise<PlacedRun | PlacedEdit | null | 'thread-gone'> {
    const run = await this.threadRuns.next(ctx, { threadId, after });
    if (run === 'thread-gone' || !modes.has('state_update')) return run;
    return (await this.edits.next(ctx, { threadId, after, before: run?.place ?? null })) ?? run;
  }

  private async positionOf(ctx: TenantContext, { threadId, from }: ThreadStreamRequest): Promise<Position> {
    if (from === 'start') return { after: null };
    if (from === 'open') return this.openPosition(ctx, threadId);
    if ('checkpointId' in from) {
      const edit = await this.edits.get(ctx, { threadId, checkpointId: from.checkpointId });
      return edit === null ? this.openPosition(ctx, threadId) : { after: edit.place };
    }
    const place = await this.threadRuns.placeOf(ctx, { threadId, runId: from.runId });
    // The run that the viewer saw last is gone: nothing tells any more what came after it and has ended.
    if (place === null) return this.openPosition(ctx, threadId);
    if (from.at === 'done') return { after: place };
    return { after: { ...place, position: String(BigInt(place.position) - 1n) }, within: { runId: from.runId, at: from.at } };
  }

  /** No edit is made while a run has not ended: an edit behind the last that has is older than all that have not. */
  private async openPosition(ctx: TenantContext, threadId: string): Promise<Position> {
    const after = await this.threadRuns.lastEnded(ctx, threadId);
    const edit = await this.edits.last(ctx, { threadId, after });
    return { after: edit?.place ?? after };
  }
}
