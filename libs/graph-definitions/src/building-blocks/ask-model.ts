import type { AIMessage, BaseMessage, SystemMessage } from '@langchain/core/messages';
import type { LangGraphRunnableConfig } from '@langchain/langgraph';
import { callModel } from '@holdfast/agent-runtime/graph';
import { chosenModel } from './choices';
import { readable } from './conversation';

/** What a role of a graph asks its model. */
export interface Question {
  readonly system: SystemMessage;
  /** What the model reads below the prompt, oldest first. */
  readonly messages: readonly BaseMessage[];
  /** Globs on the names of the tools to offer; none: the model must answer. */
  readonly tools?: readonly string[];
  /** Whether people see the words while they come. Default true. */
  readonly stream?: boolean;
  /** For people who read traces. */
  readonly purpose: string;
}

/** Asks the model that the assistant or the run chose. @throws what {@link callModel} throws */
export function askModel(config: LangGraphRunnableConfig, { system, messages, tools = [], stream, purpose }: Question): Promise<AIMessage> {
  return callModel({
    messages: [system, ...readable(messages)],
    ...(tools.length === 0 ? {} : { tools: { include: tools } }),
    ...chosenModel(config),
    ...(stream === undefined ? {} : { stream }),
    purpose,
  });
}
