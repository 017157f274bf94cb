import type { BaseMessage } from '@langchain/core/messages';
import { CancellationScope, CancelledFailure, sleep } from '@temporalio/workflow';
import { MAX_RESULT_BYTES } from '@holdfast/contracts/limits';
import {
  type AgentTaskResult,
  type CallPolicy,
  type CallRef,
  type Lane,
  type LocalAnswer,
  type LocalErrand,
  type ModelReply,
  type ModelRequest,
  type ToolReply,
  type ToolRequest,
  callActivityType,
  keptApart,
  unrecorded,
} from '../api';
import type { AbridgedMessages, AgentCall, CallPort, CallSite, ModelCall, ToolCall } from '../graph';
import { localLane, normalLane } from './call-lanes';
import { AskedMessages } from './asked-messages';
import { CallNames, canonicalText } from './call-names';
import { CallSlots } from './call-slots';
import type { CallingRun, CutOff } from './calling-run';
import { mayBeRepeated, toCallError } from './failure';
import { graphWork } from './graph-work';
import { localResults } from './local-results';
import { NOTHING, requireStorable } from './measure';
import { orSettled } from './settled-call';
import { sha256 } from './sha256';

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

/**
 * So many calls of a run, and beside them so many sub-agents, are under way at once. Temporal lets a workflow have 2,000 pending activities and as
 * many children by default, and fails its workflow task again and again above that.
 */
const MOST_UNDER_WAY = 100;

interface Retriable {
  readonly policy?: CallPolicy;
}

/** How one call is made in each lane; in the normal one with the attempts that are left. */
interface Lanes<Q, A> {
  local(errand?: LocalErrand): Promise<LocalAnswer<A>>;
  normal(request: Q): Promise<A>;
}

const NEVER = new Promise<never>(() => undefined);

/** The call port of a run in a workflow. */
export class ActivityCalls implements CallPort {
  private readonly scope = new CancellationScope();
  private readonly names: CallNames;
  private readonly asked: AskedMessages;
  private row = { calls: 0, ms: 0 };
  private openCalls = 0;
  /** Calls of any kind under way, by the namespace of the node that made them. */
  private readonly openAt = new Map<string, number>();
  private readonly openTasks = new Set<string>();
  private cut: CutOff | undefined;
  private readonly slots: CallSlots;
  private readonly taskSlots: CallSlots;
  private rest: Promise<void> | undefined;

  constructor(private readonly run: CallingRun) {
    const most = run.boundsCalls ? MOST_UNDER_WAY : Infinity;
    this.slots = new CallSlots(most);
    this.taskSlots = new CallSlots(most);
    this.names = new CallNames(run.callNaming);
    this.asked = new AskedMessages(run.lists);
  }

  /** Ends the calls under way and refuses every later one, with a cancellation. */
  cancel(): void {
    this.cut ??= { calls: this.openCalls, tasks: [...this.openTasks] };
    this.scope.cancel();
    if (!this.run.boundsCalls) return;
    const ended = new CancelledFailure('the calls of the run were ended');
    this.slots.close(ended);
    this.taskSlots.close(ended);
  }

  /** What {@link cancel} found under way. */
  get cutOff(): CutOff {
    return this.cut ?? { calls: 0, tasks: [] };
  }

  /** True when a call was made. */
  get wereMade(): boolean {
    return this.names.wereMade;
  }

  /** See {@link CallPort}. */
  async model(site: CallSite, { lane, ...call }: ModelCall): Promise<ModelReply> {
    const { lists = [] } = call;
    const listed = { count: lists.length, bytes: this.asked.sizeOf(lists) };
    requireStorable(call, 'What a node asks a model', MAX_RESULT_BYTES, 'CALL_TOO_LARGE', (list) => (list === lists ? listed : NOTHING));
    const request = this.requestOf(site, call);
    const type = callActivityType(this.run.graphId, site.node, 'model');
    this.run.task?.meter.beforeCall();
    const reply = await this.inLane<typeof request, ModelReply>(site, request, lane, {
      local: (errand) => localLane[type]!(unrecorded({ ...request, ...errand })),
      normal: (sent) => normalLane(sent.policy)[type]!(lists.length === 0 ? sent : keptApart(sent)),
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
  abridge(messages: readonly BaseMessage[]): AbridgedMessages {
    return this.run.callNaming === 'digests' ? this.asked.abridge(messages) : { messages, lists: [] };
  }

  private requestOf(site: CallSite, call: Omit<ModelCall, 'lane'>): ModelRequest {
    const { messages, lists, tools, params, purpose } = call;
    if (this.run.callNaming === 'digests') {
      const asked = sha256(canonicalText([this.asked.digestsOf(messages, lists), tools, params, purpose]));
      return { ref: this.refOf(site, ['model', asked]), ...call, asked };
    }
    // Without their ids: those of messages that a node makes come from the run's random numbers.
    const withoutIds = messages.map(({ id: _, ...message }) => message);
    return { ref: this.refOf(site, ['model', withoutIds, tools, params, purpose]), ...call };
  }

  /** See {@link CallPort}. */
  async agent(site: CallSite, { graph, ...call }: AgentCall): Promise<AgentTaskResult> {
    const { originRunId } = this.run;
    const taskId = call.answered?.taskId ?? this.refOf(site, ['agent', graph, call]).callId;
    if (call.answered === undefined) this.run.task?.meter.beforeCall();
    // A child workflow ends the workflow task, as a normal call does.
    if (!this.run.boundsCalls) this.endRow();
    const ns = [...this.prefix, ...site.path, `${graph}:${taskId.split('/').at(-1)}`];
    const close = this.open(site);
    let isMade = false;
    try {
      const turn = this.taskSlots.take();
      if (turn !== undefined) await turn;
      isMade = true;
      this.openTasks.add(taskId);
      const result = await this.scope.run(() => this.run.startAgent({ originRunId, taskId, ns, graphId: graph, ...call }));
      this.run.task?.meter.agentSpent(result.spent, call.answered?.spent);
      return this.run.mayGoOn() ? result : NEVER;
    } finally {
      if (isMade) {
        this.openTasks.delete(taskId);
        this.taskSlots.give();
        if (this.run.boundsCalls) this.endRow();
      }
      close();
    }
  }

  /** See {@link CallPort}. */
  async settled(site: CallSite): Promise<void> {
    await localResults().quietForGraph(() => !this.openAt.has(placeOf(site)));
    if (!this.run.mayGoOn()) await NEVER;
  }

  /** See {@link CallPort}. */
  async tool(site: CallSite, { lane, ...call }: ToolCall): Promise<ToolReply> {
    requireStorable(call, 'What a node asks a tool', MAX_RESULT_BYTES, 'CALL_TOO_LARGE');
    // Not the arguments: by the same name with others the ledger sees that a node does not do the same again, and refuses it.
    const request = { ref: this.refOf(site, ['tool', call.toolCallId, call.name]), ...call };
    const type = callActivityType(this.run.graphId, site.node, 'tool');
    this.run.task?.meter.beforeCall();
    const made = (asked: ToolRequest, inLane: Lane | undefined): Promise<ToolReply> =>
      this.inLane<ToolRequest, ToolReply>(site, asked, inLane, {
        local: (errand) => localLane[type]!(unrecorded({ ...asked, ...errand })),
        normal: (sent) => normalLane(sent.policy)[type]!(sent),
      });
    const reply = await (this.run.settlesCalls ? orSettled(request, lane, made) : made(request, lane));
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

  /** See {@link CallPort}. A timer ends the workflow task: what was done is recorded, and cancels come in. One for all nodes of a superstep. */
  rested(): Promise<void> | undefined {
    if (!this.run.boundsReplay || (this.rest === undefined && !graphWork().isRowLong)) return undefined;
    this.rest ??= this.scope
      .run(() => sleep(1))
      .then(() => (this.run.mayGoOn() ? undefined : NEVER))
      .finally(() => {
        graphWork().endRow();
        this.endRow();
        this.rest = undefined;
      });
    return this.rest;
  }

  /** @param content what tells the call from others of its task */
  private refOf({ node, ns, task }: CallSite, content: readonly unknown[]): CallRef {
    const { ref, originRunId, graphId, task: of } = this.run;
    const name = this.names.next(task, content);
    const callId = of === undefined ? name : `${of.taskId}/${name}`;
    return { ...ref, originRunId, graphId, node, ns: [...this.prefix, ...ns], callId };
  }

  /** Namespace of the graph in the run's stream. */
  private get prefix(): readonly string[] {
    return this.run.task?.ns ?? [];
  }

  /** What a graph that was given up would get, it never gets: a node may catch errors, and would go on. */
  private inLane<Q extends Retriable, A>(site: CallSite, request: Q, asked: Lane | undefined, lanes: Lanes<Q, A>): Promise<A> {
    return this.scope.run(async () => {
      const close = this.open(site);
      let isMade = false;
      try {
        // A promise only where it has to wait: results must not change places.
        const turn = this.slots.take();
        if (turn !== undefined) await turn;
        isMade = true;
        this.openCalls += 1;
        const answer = await this.answerOf(request, asked, lanes);
        return this.run.mayGoOn() ? answer : NEVER;
      } catch (failure) {
        if (!this.run.mayGoOn()) return NEVER;
        throw toCallError(failure);
      } finally {
        if (isMade) {
          this.openCalls -= 1;
          this.slots.give();
        }
        close();
      }
    });
  }

  /** Counts a call of a node as under way. @returns ends that */
  private open(site: CallSite): () => void {
    const place = placeOf(site);
    this.openAt.set(place, (this.openAt.get(place) ?? 0) + 1);
    return () => {
      const left = this.openAt.get(place)! - 1;
      if (left > 0) this.openAt.set(place, left);
      else this.openAt.delete(place);
    };
  }

  private async answerOf<Q extends Retriable, A>(request: Q, asked: Lane | undefined, { local, normal }: Lanes<Q, A>): Promise<A> {
    let left = request;
    if (this.mayBeLocal(asked)) {
      try {
        const reply = await (this.run.send?.(local) ?? localResults().inTurn(local()));
        if (!this.run.mayGoOn()) return NEVER;
        if ('answer' in reply) {
          this.row.ms += reply.ms;
          return reply.answer;
        }
      } catch (failure) {
        // Repeats belong to the normal lane: a pause between two attempts must not hold the workflow task.
        if (!this.run.mayGoOn() || !mayBeRepeated(failure) || request.policy?.attempts === 1) throw failure;
        left = oneAttemptLess(request);
      }
    }
    if (this.run.boundsCalls) return this.endingRow(normal(left));
    this.endRow();
    return normal(left);
  }

  /** Its answer comes in another workflow task: what was local until then is recorded. Not when it is scheduled: others go on in this one. */
  private async endingRow<A>(call: Promise<A>): Promise<A> {
    try {
      return await call;
    } finally {
      this.endRow();
    }
  }

  private endRow(): void {
    this.row = { calls: 0, ms: 0 };
  }

  private mayBeLocal(asked: Lane | undefined): boolean {
    if ((asked ?? this.run.lane) !== 'local') return false;
    this.row.calls += 1;
    return this.row.calls <= MOST_LOCAL_IN_A_ROW && this.row.ms < LONGEST_ROW_MS;
  }
}

/** Of the task that makes the call, whatever people have answered it. */
function placeOf({ path }: CallSite): string {
  return path.join('|');
}

function oneAttemptLess<Q extends Retriable>(request: Q): Q {
  const { policy } = request;
  return policy?.attempts === undefined ? request : { ...request, policy: { ...policy, attempts: policy.attempts - 1 } };
}
