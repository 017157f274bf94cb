import { ActivityCancellationType, CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { EventData } from '@holdfast/contracts/events';
import { CALL_RETRY, type CallKind, type CallRef, type ModelActivity, type ModelReply, type RunRef, type ToolActivity, type ToolReply, callActivityType } from '../api';
import type { CallPort, CallSite, ModelCall, ToolCall } from '../graph';

/**
 * Model and tool calls as normal activities: a history event each, executed by any worker, surviving this one.
 *
 * - Retries belong to Temporal alone: {@link CALL_RETRY}.
 * - TRY_CANCEL: a cancelled run ends within one workflow task even when the tool hangs or its worker is gone. The activity is told
 *   with its next heartbeat and books what it did by itself; the graph does not need the answer any more.
 */
const callActivities = proxyActivities<Record<string, ModelActivity & ToolActivity>>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: CALL_RETRY,
});

/** What {@link ActivityCalls} needs to know of its run. */
export interface CallingRun {
  readonly ref: RunRef;
  readonly graphId: string;
  /** Index of the first call. */
  readonly nextCall: number;
  onToolCalled(data: EventData<'tool.called.v1'>): void;
}

/** The call port of a run in a workflow. */
export class ActivityCalls implements CallPort {
  private readonly scope = new CancellationScope();
  private nextCall: number;

  constructor(private readonly run: CallingRun) {
    this.nextCall = run.nextCall;
  }

  /** Index of the run's next call. */
  get made(): number {
    return this.nextCall;
  }

  /** Ends the calls under way and refuses every later one, with a cancellation. */
  cancel(): void {
    this.scope.cancel();
  }

  /** See {@link CallPort}. */
  model(site: CallSite, call: ModelCall): Promise<ModelReply> {
    const ref = this.refOf(site);
    return this.scope.run(() => this.activity(site, 'model')({ ref, ...call }));
  }

  /** See {@link CallPort}. */
  async tool(site: CallSite, call: ToolCall): Promise<ToolReply> {
    const ref = this.refOf(site);
    const reply = await this.scope.run(() => this.activity(site, 'tool')({ ref, ...call }));
    const { outcome } = reply;
    this.run.onToolCalled({
      call_id: call.toolCallId,
      call_index: ref.callIndex,
      node: site.node,
      server: outcome.server,
      tool: outcome.tool,
      effect: outcome.effect,
      status: outcome.status,
      ...(outcome.code === undefined ? {} : { code: outcome.code }),
      duration_ms: outcome.duration_ms,
      bytes: outcome.bytes,
      arguments_sha256: outcome.arguments_sha256,
    });
    return reply;
  }

  private refOf(site: CallSite): CallRef {
    return { ...this.run.ref, graphId: this.run.graphId, node: site.node, ns: site.ns, callIndex: this.nextCall++ };
  }

  private activity<K extends CallKind>(site: CallSite, kind: K): K extends 'model' ? ModelActivity : ToolActivity {
    return callActivities[callActivityType(this.run.graphId, site.node, kind)]!;
  }
}
