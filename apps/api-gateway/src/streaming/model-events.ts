import type { AiMessageDto, TokenChunk } from '@holdfast/contracts/messages';
import type { CallCursor } from './cursor';
import type { DerivedEvent } from './derived-event';
import { langChainEvent, tracedCall, type TracedRun } from './langchain-events';
import { aiMessageChunk, restChunk, textOf, type MessageContext } from './message-frames';
import type { OpenTasks } from './open-tasks';
import { SpokenMessages, parseModelMessageId, type SpokenPiece } from './spoken-messages';

/** Name of a model call: which model answers is known when it has. */
const CHAT_MODEL = 'ChatModel';

/**
 * Model calls as the mode `events` tells of them: begin, tokens while the model speaks, and the message when it has reached the state. An attempt
 * that failed is another call, which does not end.
 */
export class ModelEvents {
  /** What this viewer has got of messages in flight, apart from what the message modes gave. */
  readonly spoken: SpokenMessages;

  constructor(
    private readonly context: MessageContext,
    private readonly tasks: OpenTasks,
    cursor: readonly CallCursor[],
  ) {
    this.spoken = new SpokenMessages(context.runId, cursor);
  }

  /** A piece of a message: that it begins, and the piece. */
  piece({ messageId, ns, node, text, end }: SpokenPiece): { readonly start: unknown; readonly stream: unknown } {
    const traced = this.#traced(ns, node, messageId);
    return { start: startOf(traced), stream: streamOf(traced, aiMessageChunk(messageId, text, end)) };
  }

  /** A message has reached the state; nothing when it is no model's, but a node's. */
  message(ns: readonly string[], node: string, message: AiMessageDto): DerivedEvent[] {
    const { id } = message;
    if (id === undefined || parseModelMessageId(this.context.runId, id) === undefined) return [];
    const begun = this.spoken.hasBegun(id);
    const text = textOf(message.content);
    const rest = this.spoken.finish(message, text);
    const traced = this.#traced(ns, node, id);
    const chunk = rest?.kind === 'rest' ? restChunk(message, rest.text, rest.ended) : restChunk(message, text, false);
    return [
      { mode: 'events', ns, data: () => (begun ? undefined : startOf(traced)) },
      { mode: 'events', ns, data: () => (rest === undefined ? undefined : streamOf(traced, chunk)) },
      { mode: 'events', ns, data: () => langChainEvent('on_chat_model_end', traced, { output: message }) },
    ];
  }

  #traced(ns: readonly string[], node: string, messageId: string): TracedRun {
    const traced = tracedCall(this.context, { ns, node, taskId: this.tasks.only(ns, node) }, { id: messageId, name: CHAT_MODEL });
    return { ...traced, metadata: { ...traced.metadata, ls_model_type: 'chat' } };
  }
}

function startOf(traced: TracedRun): Record<string, unknown> {
  return langChainEvent('on_chat_model_start', traced, {});
}

function streamOf(traced: TracedRun, chunk: Readonly<Record<string, unknown>> | TokenChunk): Record<string, unknown> {
  return langChainEvent('on_chat_model_stream', traced, { chunk });
}
