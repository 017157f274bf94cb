import type { AIMessage, AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import { ChatOpenAICompletions } from '@langchain/openai';
import { HoldfastError } from '@holdfast/contracts/errors';
import { chunkText } from './model-messages';
import type { CallTimer } from './time-limits';

/** Where models are reached (OpenAI chat-completions protocol; Kong AI gateway in production). */
export interface ModelGateway {
  /** LLM_GATEWAY_URL: base address with `/v1`. */
  readonly baseUrl: string;
  /** LLM_GATEWAY_API_KEY. */
  readonly apiKey: string;
  /** LLM_MODEL: used when a request names no model. */
  readonly model: string;
}

/** A tool in the form that the protocol wants. */
export interface ModelTool {
  readonly type: 'function';
  readonly function: { readonly name: string; readonly description: string; readonly parameters: Readonly<Record<string, unknown>> };
}

/** One call of a model. */
export interface ModelCall {
  readonly messages: readonly BaseMessage[];
  readonly tools: readonly ModelTool[];
  readonly toolChoice?: 'auto' | 'required' | 'none' | undefined;
  readonly params: { readonly temperature?: number; readonly maxTokens?: number; readonly model?: string };
  readonly headers: Readonly<Record<string, string>>;
  /** Called with each piece of text when given; the answer then comes as a stream. */
  readonly onText?: ((text: string) => void) | undefined;
}

/** Calls the model and returns its whole message. Throws what the client throws; see classifyModelFailure. */
export async function speak(gateway: ModelGateway, call: ModelCall, timer: CallTimer): Promise<AIMessage | AIMessageChunk> {
  // One client per call: headers of a streamed call can only be set there, and building one costs well under a millisecond.
  const model = new ChatOpenAICompletions({
    model: call.params.model ?? gateway.model,
    apiKey: gateway.apiKey,
    maxRetries: 0, // Temporal is the only owner of retries (design.md §3)
    ...(call.params.temperature === undefined ? {} : { temperature: call.params.temperature }),
    ...(call.params.maxTokens === undefined ? {} : { maxTokens: call.params.maxTokens }),
    configuration: { baseURL: gateway.baseUrl, defaultHeaders: { ...call.headers } },
  });
  const options = {
    signal: timer.signal,
    ...(call.tools.length === 0 ? {} : { tools: call.tools.map((tool) => ({ ...tool, function: { ...tool.function, parameters: { ...tool.function.parameters } } })) }),
    ...(call.tools.length === 0 || call.toolChoice === undefined ? {} : { tool_choice: call.toolChoice }),
  };
  const messages = [...call.messages];
  if (call.onText === undefined) return model.invoke(messages, options);
  return collect(await model.stream(messages, options), call.onText, timer);
}

async function collect(stream: AsyncIterable<AIMessageChunk>, onText: (text: string) => void, timer: CallTimer): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | undefined;
  for await (const chunk of stream) {
    timer.touch();
    const text = chunkText(chunk);
    if (text !== '') onText(text);
    whole = whole === undefined ? chunk : whole.concat(chunk);
  }
  // A gateway that dies politely ends the stream without its last chunk; half an answer must not pass for a whole one.
  if (whole === undefined || typeof whole.response_metadata['finish_reason'] !== 'string') {
    throw new HoldfastError('MODEL_UNAVAILABLE', 'The stream of the model ended before its answer was complete.');
  }
  return whole;
}
