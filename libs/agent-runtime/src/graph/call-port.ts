import type { ModelReply, ModelRequest, ToolReply, ToolRequest } from '../api';

/** Where in a graph a call is made. */
export interface CallSite {
  readonly node: string;
  /** Namespace of the calling sub-graph, empty for the root. */
  readonly ns: readonly string[];
}

/** A model call as a graph author states it; the port adds the reference. */
export type ModelCall = Omit<ModelRequest, 'ref'>;

/** A tool call as a graph author states it; the port adds the reference. */
export type ToolCall = Omit<ToolRequest, 'ref'>;

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
