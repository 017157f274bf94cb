import { ActivityCancellationType, CancellationScope, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { EventData } from '@holdfast/contracts/events';
import {
  CALL_RETRY,
  CALL_TIMEOUT_MS,
  type CallRef,
  type Lane,
  type LocalAnswer,
  type ModelActivity,
  type ModelReply,
  type RunRef,
  type ToolActivity,
  type ToolReply,
  callActivityType,
} from '../api';
import type { CallPort, CallSite, ModelCall, ToolCall } from '../graph';
import { mayBeRepeated } from './failure';
import { localResults } from './local-results';

/**
 * A history event each, executed by any worker, surviving this one. Retries belong to Temporal alone: {@link CALL_RETRY}.
 *
 * TRY_CANCEL, here and below: a cancelled run ends within one workflow task even when the tool hangs or its worker is gone. The activity
 * is told with its next heartbeat and books what it did by itself; the graph does not need the answer any more.
 */
const normal = proxyActivities<Record<string, ModelActivity & ToolActivity>>({
  startToCloseTimeout: CALL_TIMEOUT_MS,
  heartbeatTimeout: '10 seconds',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: CALL_RETRY,
});

type InLocalLane<F> = F extends (request: infer Q) => Promise<infer A> ? (request: Q) => Promise<LocalAnswer<A>> : never;

/** One attempt that answers or hands over within `HANDOVER_MS`; the timeout is for a worker that is not able to. */
const local = proxyLocalActivities<Record<string, InLocalLane<ModelActivity> & InLocalLane<ToolActivity>>>({
  startToCloseTimeout: '8 seconds',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { maximumAttempts: 1 },
});

/**
 * So many calls in a row may be local. Their answers are recorded when the workflow task completes, and an execution that never lets go
 * would come to more than one message may hold; a normal call ends the task.
 */
const MOST_LOCAL_IN_A_ROW = 64;

/**
 * Calls in a row are local until they have taken this long together, milliseconds: cancels and further runs wait for the end of the workflow
 * task. Counted from what the answers say: the workflow's clock does not stand at the same time when results are replayed in other groups.
 */
const LONGEST_ROW_MS = 500;

/** What {@link ActivityCalls} needs to know of its run. */
export interface CallingRun {
  readonly ref: RunRef;
  readonly graphId: string;
  /** See {@link CallRef.originRunId}. */
  readonly originRunId: string;
  /** Of calls that do not say it themselves. */
  readonly lane: Lane;
  onToolCalled(data: EventData<'tool.called.v1'>): void;
  onModelAnswered(reply: ModelReply): void;
}

/** The call port of a run in a workflow. */
export class ActivityCalls implements CallPort {
  private readonly scope = new CancellationScope();
  /** Calls made so far by the task they belong to. */
  private readonly made = new Map<string, number>();
  private row = { calls: 0, ms: 0 };

  constructor(private readonly run: CallingRun) {}

  /** Ends the calls under way and refuses every later one, with a cancellation. */
  cancel(): void {
    this.scope.cancel();
  }

  /** See {@link CallPort}. */
  async model(site: CallSite, { lane, ...call }: ModelCall): Promise<ModelReply> {
    const request = { ref: this.refOf(site), ...call };
    const type = callActivityType(this.run.graphId, site.node, 'model');
    const reply = await this.inLane(lane, () => local[type]!(request), () => normal[type]!(request));
    this.run.onModelAnswered(reply);
    return reply;
  }

  /** See {@link CallPort}. */
  async tool(site: CallSite, { lane, ...call }: ToolCall): Promise<ToolReply> {
    const request = { ref: this.refOf(site), ...call };
    const type = callActivityType(this.run.graphId, site.node, 'tool');
    const reply = await this.inLane(lane, () => local[type]!(request), () => normal[type]!(request));
    const { outcome } = reply;
    this.run.onToolCalled({
      call_id: request.ref.callId,
      tool_call_id: call.toolCallId,
      node: site.node,
      server: outcome.server,
      tool: outcome.tool,
      effect: outcome.effect,
      status: outcome.status,
      ...(outcome.code === undefined ? {} : { code: outcome.code }),
      duration_ms: outcome.duration_ms,
      bytes: outcome.bytes,
      arguments_sha256: outcome.arguments_sha256,
      ...(outcome.repeated === true ? { repeated: true } : {}),
    });
    return reply;
  }

  private refOf({ node, ns, task }: CallSite): CallRef {
    const place = this.made.get(task) ?? 0;
    this.made.set(task, place + 1);
    return { ...this.run.ref, originRunId: this.run.originRunId, graphId: this.run.graphId, node, ns, callId: `${task}-${place}` };
  }

  private inLane<A>(asked: Lane | undefined, inLocal: () => Promise<LocalAnswer<A>>, inNormal: () => Promise<A>): Promise<A> {
    return this.scope.run(async () => {
      if (this.mayBeLocal(asked)) {
        try {
          const reply = await localResults().inTurn(inLocal());
          if ('answer' in reply) {
            this.row.ms += reply.ms;
            return reply.answer;
          }
        } catch (failure) {
          // Repeats belong to the normal lane: a pause between two attempts must not hold the workflow task.
          if (!mayBeRepeated(failure)) throw failure;
        }
      }
      this.row = { calls: 0, ms: 0 };
      return inNormal();
    });
  }

  private mayBeLocal(asked: Lane | undefined): boolean {
    if ((asked ?? this.run.lane) !== 'local') return false;
    this.row.calls += 1;
    return this.row.calls <= MOST_LOCAL_IN_A_ROW && this.row.ms < LONGEST_ROW_MS;
  }
}
