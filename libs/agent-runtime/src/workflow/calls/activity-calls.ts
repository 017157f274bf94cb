import type { BaseMessage } from '@langchain/core/messages';
import { CancellationScope, CancelledFailure, sleep } from '@temporalio/workflow';
import type { EventData } from '@holdfast/contracts/events';
import { type AgentTaskResult, type Lane, type ModelReply, type ToolReply, type ToolRequest, callActivityType, keptApart, unrecorded } from '../../api';
import type { AbridgedMessages, AgentCall, CallPort, CallSite, ModelCall, ToolCall } from '../../graph';
import { graphWork } from '../graph-work';
import { localResults } from '../local-results';
import { AgentCalls } from './agent-calls';
import { localLane, normalLane } from './call-lanes';
import { CallRequests } from './call-requests';
import { CallingNodes } from './calling-nodes';
import { type CallingRun, type CutOff, never, type SharedByCalls } from './calling-run';
import { CallsInLanes } from './calls-in-lanes';
import { LocalRow } from './local-row';
import { orSettled } from './settled-call';

/** The call port of a run in a workflow. */
export class ActivityCalls implements CallPort {
  private readonly shared: SharedByCalls = { scope: new CancellationScope(), nodes: new CallingNodes(), row: new LocalRow() };
  private readonly requests: CallRequests;
  private readonly inLanes: CallsInLanes;
  private readonly agents: AgentCalls;
  private cut: CutOff | undefined;
  private rest: Promise<void> | undefined;

  constructor(private readonly run: CallingRun) {
    this.requests = new CallRequests(run);
    this.inLanes = new CallsInLanes(run, this.shared);
    this.agents = new AgentCalls(run, this.requests, this.shared);
  }

  /** Ends the calls under way and refuses every later one, with a cancellation. */
  cancel(): void {
    this.cut ??= { calls: this.inLanes.underWay, tasks: this.agents.underWay };
    this.shared.scope.cancel();
    if (!this.run.boundsCalls) return;
    const ended = new CancelledFailure('the calls of the run were ended');
    this.inLanes.close(ended);
    this.agents.close(ended);
  }

  /** What {@link cancel} found under way. */
  get cutOff(): CutOff {
    return this.cut ?? { calls: 0, tasks: [] };
  }

  /** True when a call was made. */
  get wereMade(): boolean {
    return this.requests.wereMade;
  }

  /** See {@link CallPort}. */
  abridge(messages: readonly BaseMessage[]): AbridgedMessages {
    return this.requests.abridge(messages);
  }

  /** See {@link CallPort}. */
  async model(site: CallSite, { lane, ...call }: ModelCall): Promise<ModelReply> {
    const request = this.requests.model(site, call);
    const type = callActivityType(this.run.graphId, site.node, 'model');
    this.run.task?.meter.beforeCall();
    const reply = await this.inLanes.make<typeof request, ModelReply>(site, request, lane, {
      local: (errand) => localLane[type]!(unrecorded({ ...request, ...errand })),
      normal: (sent) => normalLane(sent.policy)[type]!((call.lists ?? []).length === 0 ? sent : keptApart(sent)),
    });
    this.run.task?.meter.modelSpoke(reply);
    this.run.onModelAnswered(reply);
    const { passedOver, model: answered } = reply;
    if (passedOver?.[0] !== undefined) {
      this.run.onModelReplaced({ call_id: request.ref.callId, node: site.node, asked: passedOver[0].model, answered, passed_over: [...passedOver] });
    }
    return reply;
  }

  /** See {@link CallPort}. */
  async tool(site: CallSite, { lane, ...call }: ToolCall): Promise<ToolReply> {
    const request = this.requests.tool(site, call);
    const type = callActivityType(this.run.graphId, site.node, 'tool');
    this.run.task?.meter.beforeCall();
    const made = (asked: ToolRequest, inLane: Lane | undefined): Promise<ToolReply> =>
      this.inLanes.make<ToolRequest, ToolReply>(site, asked, inLane, {
        local: (errand) => localLane[type]!(unrecorded({ ...asked, ...errand })),
        normal: (sent) => normalLane(sent.policy)[type]!(sent),
      });
    const reply = await (this.run.settlesCalls ? orSettled(request, lane, made) : made(request, lane));
    this.run.onToolCalled(toolCalled(request, reply));
    return reply;
  }

  /** See {@link CallPort}. */
  agent(site: CallSite, call: AgentCall): Promise<AgentTaskResult> {
    return this.agents.make(site, call);
  }

  /** See {@link CallPort}. */
  async settled(site: CallSite): Promise<void> {
    await localResults().quietForGraph(() => this.shared.nodes.areDone(site));
    if (!this.run.mayGoOn()) await never();
  }

  /** See {@link CallPort}. A timer ends the workflow task: what was done is recorded, and cancels come in. One for all nodes of a superstep. */
  rested(): Promise<void> | undefined {
    if (!this.run.boundsReplay || (this.rest === undefined && !graphWork().isRowLong)) return undefined;
    this.rest ??= this.shared.scope
      .run(() => sleep(1))
      .then(() => (this.run.mayGoOn() ? undefined : never()))
      .finally(() => {
        graphWork().endRow();
        this.shared.row.end();
        this.rest = undefined;
      });
    return this.rest;
  }
}

function toolCalled({ ref, toolCallId }: ToolRequest, { outcome }: ToolReply): EventData<'tool.called.v1'> {
  return {
    call_id: ref.callId,
    tool_call_id: toolCallId,
    node: ref.node,
    server: outcome.server,
    tool: outcome.tool,
    effect: outcome.effect,
    status: outcome.status,
    ...(outcome.code === undefined ? {} : { code: outcome.code }),
    duration_ms: outcome.duration_ms,
    bytes: outcome.bytes,
    arguments_sha256: outcome.arguments_sha256,
    ...(outcome.repeated === true ? { repeated: true } : {}),
  };
}
