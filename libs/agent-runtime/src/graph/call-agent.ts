import { interrupt } from '@langchain/langgraph';
import type { AgentBudget, AgentSpending, AgentTaskResult } from '../api';
import { agentsOfThisTask } from './agents-of-task';
import type { AgentCall } from './call-port';
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
 * What the other graph asks people, the node that calls it asks: the run is interrupted with the same question, and the answer goes to the graph that
 * asked. While it waits, nothing runs. Like every node that asks, this one is executed again from its beginning then.
 * @throws HoldfastError a node may catch it and go on: BUDGET_EXCEEDED, RUN_CANCELLED (it was cancelled, not this run), GRAPH_UNKNOWN,
 *   NOT_SUPPORTED (agents call each other too deep), or what its run would have failed with.
 */
export async function callAgent({ graph, input, budget = {}, configurable = {}, context = {} }: CallAgentOptions): Promise<AgentAnswer> {
  const { port, site } = currentCallSite();
  const agents = agentsOfThisTask();
  const place = agents.enter();
  const work = async (call: AgentCall): Promise<AgentTaskResult> => {
    try {
      return await port.agent(site, call);
    } catch (error) {
      agents.leave(place);
      throw error;
    }
  };
  const call: AgentCall = { graph, input, budget, configurable, context };
  let result = await work(call);
  while (result.asks !== undefined) {
    await agents.turn(place);
    const answer: unknown = interrupt(result.asks.question.value);
    result = await work({ ...call, input: null, answered: { ...result.asks, spent: result.spent, answer } });
  }
  agents.leave(place);
  return { values: result.values, spent: result.spent };
}
