import type { CancellationScope } from '@temporalio/workflow';
import type { EventData } from '@holdfast/contracts/events';
import type { AgentBudget, AgentTaskResult, AnsweredTask, CallNaming, Lane, LocalAnswer, ModelReply, RunRef } from '../../api';
import type { AgentMeter } from '../agent-budget';
import type { LocalCall } from '../joined-commits';
import type { MessageLists } from '../message-lists';
import type { CallingNodes } from './calling-nodes';
import type { LocalRow } from './local-row';

/** What `ActivityCalls` needs to know of its run. */
export interface CallingRun {
  readonly ref: RunRef;
  readonly graphId: string;
  /** See {@link CallRef.originRunId}. */
  readonly originRunId: string;
  /** Of its calls. */
  readonly callNaming: CallNaming;
  /** See `BeginRunGo`. */
  readonly boundsCalls: boolean;
  /** See `BeginRunGo`. */
  readonly settlesCalls: boolean;
  /** See `BeginRunGo`. */
  readonly boundsReplay: boolean;
  /** Of calls that do not say it themselves. */
  readonly lane: Lane;
  /** Of calls that a sub-agent makes for the run: what their names and namespaces begin with, and what counts them. */
  readonly task?: { readonly taskId: string; readonly ns: readonly string[]; readonly meter: AgentMeter };
  /** Of its state. */
  readonly lists: MessageLists;
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

/** What `ActivityCalls` says of a task; the rest follows from the run. */
export interface NamedTask {
  readonly originRunId: string;
  readonly taskId: string;
  readonly ns: readonly string[];
  readonly graphId: string;
  readonly input: unknown;
  readonly budget: AgentBudget;
  readonly configurable: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly answered?: AnsweredTask;
}

/** What the calls of a run share, whatever they call. */
export interface SharedByCalls {
  /** Ends them all. */
  readonly scope: CancellationScope;
  readonly nodes: CallingNodes;
  readonly row: LocalRow;
}

/** What was under way when the calls of a run were ended. */
export interface CutOff {
  /** Model and tool calls. */
  readonly calls: number;
  /** Tasks of sub-agents. */
  readonly tasks: readonly string[];
}

/**
 * The answer of a graph that was given up: nothing more is handed to it. Each its own: one promise of the module would keep what waits for it, graphs with their
 * states, for as long as the V8 context that all runs of the worker share.
 */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
