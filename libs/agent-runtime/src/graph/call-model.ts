import type { AIMessage, BaseMessage } from '@langchain/core/messages';
import type { ModelPolicy, ModelRequest } from '../api';
import type { CallChoices } from './call-port';
import { policyOf } from './call-policy';
import { currentCallSite } from './call-site';
import { aiMessageOf, toMessageDto } from './messages';

/** Options of {@link callModel}. */
export interface CallModelOptions extends CallChoices, ModelPolicy {
  /** The conversation, oldest first. Long texts may be references; the worker puts them back. */
  readonly messages: readonly BaseMessage[];
  /** Tools to offer, by glob on their names (`filesystem__*`). Default: none. */
  readonly tools?: ModelRequest['tools'];
  readonly params?: ModelRequest['params'];
  /** Tokens go to viewers while the model speaks. Default true. */
  readonly stream?: boolean;
  /** What the call is for; people read it in traces. */
  readonly purpose?: string;
}

/**
 * Asks the model from inside a node. Durable: a call that has finished is not made again when the run goes on elsewhere.
 * @throws HoldfastError with a MODEL_… code when neither the model nor a fallback answered; retries are done by then. Let it pass, or give the
 *   node an {@link errorHandler}.
 */
export async function callModel(options: CallModelOptions): Promise<AIMessage> {
  const { port, site } = currentCallSite();
  const { messages, lists } = port.abridge?.(options.messages) ?? { messages: options.messages, lists: [] };
  const reply = await port.model(site, {
    messages: messages.map(toMessageDto),
    ...(lists.length === 0 ? {} : { lists }),
    ...(options.tools === undefined ? {} : { tools: options.tools }),
    ...(options.params === undefined ? {} : { params: options.params }),
    stream: options.stream ?? true,
    ...(options.purpose === undefined ? {} : { purpose: options.purpose }),
    ...(options.lane === undefined ? {} : { lane: options.lane }),
    ...policyOf(options),
  });
  return aiMessageOf(reply.message);
}
