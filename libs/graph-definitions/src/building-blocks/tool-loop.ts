import { AIMessage, type BaseMessage, type SystemMessage } from '@langchain/core/messages';
import type { LangGraphRunnableConfig } from '@langchain/langgraph';
import { callTools } from '@holdfast/agent-runtime/graph';
import { askModel } from './ask-model';

/** Work that a model does with tools inside one node. */
export interface ToolWork {
  readonly system: SystemMessage;
  /** The task and what belongs to it, oldest first. */
  readonly messages: readonly BaseMessage[];
  /** Globs; none: the model answers from what it knows. */
  readonly tools: readonly string[];
  /** Model calls that may ask for tools; the next one must answer. */
  readonly rounds: number;
  /** For people who read traces. */
  readonly purpose: string;
}

/**
 * Model and tools in turn until the model answers; for parts of a graph whose single steps are nobody's business. Every call in it is
 * durable by itself. Not streamed: its words are for the graph.
 */
export async function workWithTools(work: ToolWork, config: LangGraphRunnableConfig): Promise<AIMessage> {
  const { system, purpose } = work;
  const messages = [...work.messages];
  for (let round = 0; ; round += 1) {
    const offered = round < work.rounds && work.tools.length > 0;
    const reply = await askModel(config, { system, messages, tools: offered ? work.tools : [], stream: false, purpose });
    if (!offered || !asksForTools(reply)) return asAnswer(reply);
    messages.push(reply, ...(await callTools(reply)));
  }
}

/** True when the message is a model's and asks for tools. */
export function asksForTools(message: BaseMessage | undefined): message is AIMessage {
  return AIMessage.isInstance(message) && (message.tool_calls?.length ?? 0) > 0;
}

/** The message as an answer: calls of tools that were not offered would stay without a result, which models refuse to read. */
export function asAnswer(reply: AIMessage): AIMessage {
  return asksForTools(reply) ? new AIMessage({ content: reply.content, ...(reply.id === undefined ? {} : { id: reply.id }) }) : reply;
}
