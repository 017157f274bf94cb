import { CancellationScope } from '@temporalio/workflow';
import type { EventData } from '@holdfast/contracts/events';
import { MAX_RESULT_BYTES } from '@holdfast/contracts/limits';
import {
  type AgentBudget,
  type AgentTaskResult,
  type CallNaming,
  type CallPolicy,
  type CallRef,
  type Lane,
  type LocalAnswer,
  type LocalErrand,
  type ModelReply,
  type RunRef,
  type ToolReply,
  callActivityType,
  unrecorded,
} from '../api';
import type { AgentCall, CallPort, CallSite, ModelCall, ToolCall } from '../graph';
import type { AgentMeter } from './agent-budget';
import { localLane, normalLane } from './call-lanes';
import { CallNames } from './call-names';
import { mayBeRepeated, toCallError } from './failure';
import { localResults } from './local-results';
import type { LocalCall } from './joined-commits';
import { requireStorable } from './measure';

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

interface Retriable {
  readonly policy?: CallPolicy;
}

/** How one call is made in each lane; in the normal one with the attempts that are left. */
interface Lanes<Q, A> {
  local(errand?: LocalErrand): Promise<LocalAnswer<A>>;
  normal(request: Q): Promise<A>;
}

const NEVER = new Promise<never>(() => undefined);

/** What {@link ActivityCalls} needs to know of its run. */
export interface CallingRun {
  readonly ref: RunRef;
  readonly graphId: string;
  /** See {@link CallRef.originRunId}. */
  readonly originRunId: string;
  /** Of its calls. */
  readonly callNaming: CallNaming;
  /** Of calls that do not say it themselves. */
  readonly lane: Lane;
  /** Of calls that a sub-agent makes for the run: what their names and namespaces begin with, and what counts them. */
  readonly task?: { readonly taskId: string; readonly ns: readonly string[]; readonly meter: AgentMeter };
  /** Runs another graph for a node. */
  startAgent(task: NamedTask): Promise<AgentTaskResult>;
  /** See {@link GraphWatch.mayGoOn}. */
  mayGoOn(): boolean;
  /** See {@link JoinedCommits.call}. Default: calls are made alone, at once. */
  readonly send?: <A>(local: LocalCall<A>) => Promise<LocalAnswer<A>>;
  onToolCalled(data: EventData<'tool.called.v1'>): void;
  onModelAnswered(reply: ModelReply): void;
  onModelReplaced(data: EventData<'model.replaced.v1'>): void;
}

/** What {@link ActivityCalls} says of a task; the rest follows from the run. */
export interface NamedTask {
  readonly originRunId: string;
  readonly taskId: string;
  readonly ns: readonly string[];
  readonly graphId: string;
  readonly input: unknown;
  readonly budget: AgentBudget;
  readonly configurable: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
}

/** What was under way when the calls of a run were ended. */
export interface CutOff {
  /** Model and tool calls. */
  readonly calls: number;
  /** Tasks of sub-agents. */
  readonly tasks: readonly string[];
}

/** The call port of a run in a workflow. */
export class ActivityCalls implements CallPort {
  private readonly scope = new CancellationScope();
  private readonly names: CallNames;
  private row = { calls: 0, ms: 0 };
  private openCalls = 0;
  /** Calls of any kind under way, by the namespace of the node that made them. */
  private readonly openAt = new Map<string, number>();
  private readonly openTasks = new Set<string>();
  private cut: CutOff | undefined;

  constructor(private readonly run: CallingRun) {
    this.names = new CallNames(run.callNaming);
  }

  /** Ends the calls under way and refuses every later one, with a cancellation. */
  cancel(): void {
    this.cut ??= { calls: this.openCalls, tasks: [...this.openTasks] };
    this.scope.cancel();
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
    requireStorable(call, 'What a node asks a model', MAX_RESULT_BYTES, 'CALL_TOO_LARGE');
    const { messages, tools, params, purpose } = call;
    // Without their ids: those of messages that a node makes come from the run's random numbers.
    const asked = messages.map(({ id: _, ...message }) => message);
    const request = { ref: this.refOf(site, ['model', asked, tools, params, purpose]), ...call };
    const type = callActivityType(this.run.graphId, site.node, 'model');
    this.run.task?.meter.beforeCall();
    const reply = await this.inLane<typeof request, ModelReply>(site, request, lane, {
      local: (errand) => localLane[type]!(unrecorded({ ...request, ...errand })),
      normal: (sent) => normalLane(sent.policy)[type]!(sent),
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
  async agent(site: CallSite, { graph, ...call }: AgentCall): Promise<AgentTaskResult> {
    const { originRunId, callId: taskId } = this.refOf(site, ['agent', graph, call]);
    this.run.task?.meter.beforeCall();
    // A child workflow ends the workflow task, as a normal call does.
    this.row = { calls: 0, ms: 0 };
    const ns = [...this.prefix, ...site.path, `${graph}:${taskId.split('/').at(-1)}`];
    this.openTasks.add(taskId);
    const close = this.open(site);
    try {
      const result = await this.scope.run(() => this.run.startAgent({ originRunId, taskId, ns, graphId: graph, ...call }));
      this.run.task?.meter.agentSpent(result.spent);
      return this.run.mayGoOn() ? result : NEVER;
    } finally {
      this.openTasks.delete(taskId);
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
    const reply = await this.inLane<typeof request, ToolReply>(site, request, lane, {
      local: (errand) => localLane[type]!(unrecorded({ ...request, ...errand })),
      normal: (sent) => normalLane(sent.policy)[type]!(sent),
    });
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
      this.openCalls += 1;
      try {
        const answer = await this.answerOf(request, asked, lanes);
        return this.run.mayGoOn() ? answer : NEVER;
      } catch (failure) {
        if (!this.run.mayGoOn()) return NEVER;
        throw toCallError(failure);
      } finally {
        this.openCalls -= 1;
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
    this.row = { calls: 0, ms: 0 };
    return normal(left);
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
