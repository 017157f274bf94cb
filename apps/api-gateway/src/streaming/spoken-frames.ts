import { aiMessageChunk, messageMetadata, type MessageContext } from './message-frames';
import type { SpokenPiece } from './spoken-messages';
import { eventName, wants, type StreamView } from './stream-modes';

/** A piece of a message in flight in the message modes that the viewer wants. */
export function spokenFrames(context: MessageContext, view: StreamView, piece: SpokenPiece): { readonly event: string; readonly data: unknown }[] {
  const { messageId, ns, node, text, soFar, first, end } = piece;
  const metadata = messageMetadata(context, node, ns);
  const frames: { event: string; data: unknown }[] = [];
  if (wants(view, 'messages-tuple', ns)) frames.push({ event: eventName('messages', ns), data: [aiMessageChunk(messageId, text, end), metadata] });
  if (wants(view, 'messages', ns) && soFar !== undefined) {
    if (first) frames.push({ event: eventName('messages/metadata', ns), data: { [messageId]: { metadata } } });
    frames.push({ event: eventName('messages/partial', ns), data: [aiMessageChunk(messageId, soFar, end)] });
  }
  return frames;
}
