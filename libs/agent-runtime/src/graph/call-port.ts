import type { Lane, ModelReply, ModelRequest, ToolReply, ToolRequest } from '../api';

/** Where in a graph a call is made. */
export interface CallSite {
  readonly node: string;
  /** Namespace of the calling sub-graph, empty for the root. */
  readonly ns: readonly string[];
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

/** A tool call as a graph author states it; the port adds the reference. */
export type ToolCall = Omit<ToolRequest, 'ref'> & CallChoices;

/**
 * How a graph reaches models and tools. The run binds it, so that graphs know nothing of what drives them: the workflow's port
 * schedules activities, a test's port answers from a script.
 */
export interface CallPort {
  model(site: CallSite, call: ModelCall): Promise<ModelReply>;
  tool(site: CallSite, call: ToolCall): Promise<ToolReply>;
}

/** Key of `config.configurable` that carries the run's port; LangGraph neither stores nor shows keys that begin with two underscores. */
export const CALL_PORT_KEY = '__holdfast_calls';
