import { aiMessageChunk, messageMetadata, type MessageContext } from './message-frames';
import type { SpokenPiece } from './spoken-messages';
import { eventName, wants, type StreamView } from './stream-modes';

/** SSE ids of the places before and behind a piece. */
interface PiecePlace {
  readonly before: string;
  readonly behind: string;
}

/**
 * A piece of a message in flight in the message modes that the viewer wants. Only its last event says that the piece was sent: one who is cut off inside a
 * piece gets it again. So the tuple, of which viewers add up the texts, comes last; what the accumulating mode says may be said twice.
 */
export function spokenFrames(
  context: MessageContext,
  view: StreamView,
  { messageId, ns, node, text, soFar, first, end }: SpokenPiece,
  { before, behind }: PiecePlace,
): { readonly id: string; readonly event: string; readonly data: unknown }[] {
  const metadata = messageMetadata(context, node, ns);
  const frames: { event: string; data: unknown }[] = [];
  if (wants(view, 'messages', ns) && soFar !== undefined) {
    if (first) frames.push({ event: eventName('messages/metadata', ns), data: { [messageId]: { metadata } } });
    frames.push({ event: eventName('messages/partial', ns), data: [aiMessageChunk(messageId, soFar, end)] });
  }
  if (wants(view, 'messages-tuple', ns)) frames.push({ event: eventName('messages', ns), data: [aiMessageChunk(messageId, text, end), metadata] });
  return frames.map((frame, i) => ({ id: i === frames.length - 1 ? behind : before, ...frame }));
}
