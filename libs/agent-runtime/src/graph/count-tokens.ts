import { AIMessage, type BaseMessage } from '@langchain/core/messages';

/** UTF-8 bytes of a token of English text, about; other languages have fewer. */
const BYTES_PER_TOKEN = 4;

/** What a message costs besides its text: role and separators. */
const PER_MESSAGE = 4;

/** Tokens of one message. */
export type TokenCounter = (message: BaseMessage) => number;

/** Tokens by the length of texts, without a model's own table; a reference counts as the text that it stands for. */
export const estimateTokens: TokenCounter = (message) => {
  const { content } = message;
  const text = typeof content === 'string' ? bytesOf(content) : content.reduce((sum, block) => sum + blockBytes(block), 0);
  const calls = AIMessage.isInstance(message) && (message.tool_calls?.length ?? 0) > 0 ? bytesOf(JSON.stringify(message.tool_calls)) : 0;
  return PER_MESSAGE + Math.ceil((text + calls) / BYTES_PER_TOKEN);
};

/** Tokens of a conversation. */
export function totalTokens(messages: readonly BaseMessage[], countTokens: TokenCounter = estimateTokens): number {
  return messages.reduce((sum, message) => sum + countTokens(message), 0);
}

function blockBytes(block: object): number {
  const { bytes, text } = block as { readonly bytes?: unknown; readonly text?: unknown };
  if (typeof bytes === 'number' && '$blob' in block) return bytes;
  return bytesOf(typeof text === 'string' ? text : JSON.stringify(block));
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
