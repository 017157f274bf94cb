import type { BaseMessage } from '@langchain/core/messages';
import type { AgentBudget, AgentTaskResult, AnsweredTask, Lane, ModelReply, ModelRequest, PlacedList, ToolReply, ToolRequest } from '../api';

/** Where in a graph a call is made. */
export interface CallSite {
  readonly node: string;
  /** Namespace of the calling sub-graph, empty for the root. */
  readonly ns: readonly string[];
  /** Namespace of what the node itself runs: `ns` and `<node>:<LangGraph's task>`. */
  readonly path: readonly string[];
  /** LangGraph's task and what people have answered it so far: 16 hexadecimal digits, the same whenever the task is executed again. */
  readonly task: string;
}

/** What a graph author may say of any call. */
export interface CallChoices {
  /** Default: what the graph's definition and the run say. */
  readonly lane?: Lane;
}

/** A model call as a graph author states it; the port adds the reference. */
export type ModelCall = Omit<ModelRequest, 'ref'> & CallChoices;

/** A conversation without the lists that are referred to. */
export interface AbridgedMessages {
  readonly messages: readonly BaseMessage[];
  /** See `ModelRequest.lists`. */
  readonly lists: readonly PlacedList[];
}

/** A tool call as a graph author states it; the port adds the reference. */
export type ToolCall = Omit<ToolRequest, 'ref'> & CallChoices;

/** A task for another graph. */
export interface AgentCall {
  /** Id of a registered graph. */
  readonly graph: string;
  readonly input: unknown;
  readonly budget: AgentBudget;
  readonly configurable: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  /** The task has asked before, and goes on with the answer. */
  readonly answered?: AnsweredTask;
}

/**
 * How a graph reaches models, tools and other graphs. The run binds it, so that graphs know nothing of what drives them: the workflow's port
 * schedules activities, a test's port answers from a script.
 */
export interface CallPort {
  /** Leaves out of a conversation what a model call may refer to. Absent: nothing. */
  abridge?(messages: readonly BaseMessage[]): AbridgedMessages;
  model(site: CallSite, call: ModelCall): Promise<ModelReply>;
  tool(site: CallSite, call: ToolCall): Promise<ToolReply>;
  /** Rejects with a HoldfastError when the other graph failed, was cancelled or went beyond its budget. */
  agent(site: CallSite, call: AgentCall): Promise<AgentTaskResult>;
  /** Resolves when no call of the site's task is under way and its node has done what it can do without one. Absent: at once. */
  settled?(site: CallSite): Promise<void>;
  /** Asked before each node: when a run that has long not let go has done so, the node may begin. Undefined: at once. Absent: always at once. */
  rested?(): Promise<void> | undefined;
}

/** Key of `config.configurable` that carries the run's port; LangGraph neither stores nor shows keys that begin with two underscores. */
export const CALL_PORT_KEY = '__holdfast_calls';
