import type { AgentBudget, AgentSpending } from '../api';
import { currentCallSite } from './call-site';

/** Options of {@link callAgent}. */
export interface CallAgentOptions {
  /** Id of a registered graph: of Holdfast's own, or of the same folder. */
  readonly graph: string;
  /** Its input, like that of a run: JSON. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Default: no limit but the graph's own. */
  readonly budget?: AgentBudget;
  /** Its `config.configurable`: model, tools, limits. Nothing is inherited. */
  readonly configurable?: Readonly<Record<string, unknown>>;
  /** Its `context`. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** What a sub-agent came to. */
export interface AgentAnswer {
  /** State of its graph at the end; messages are flat dictionaries, which a messages channel takes as they are. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly spent: AgentSpending;
}

/**
 * Runs another graph from inside a node and waits for its end: as a workflow of its own, with a history, a budget and a cancellation of its own.
 * Several at once with `Promise.all`, or a `Send` each. Durable like any other call; cancelling the run cancels it.
 *
 * The other graph cannot ask people: an interrupt in it is an error. Ask in the graph that calls it.
 * @throws HoldfastError a node may catch it and go on: BUDGET_EXCEEDED, RUN_CANCELLED (it was cancelled, not this run), GRAPH_UNKNOWN,
 *   NOT_SUPPORTED (it asked a person, or agents call each other too deep), or what its run would have failed with.
 */
export async function callAgent({ graph, input, budget = {}, configurable = {}, context = {} }: CallAgentOptions): Promise<AgentAnswer> {
  const { port, site } = currentCallSite();
  return port.agent(site, { graph, input, budget, configurable, context });
}
