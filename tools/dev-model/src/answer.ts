import type { Conversation } from './conversation.ts';
import { callId, type PlannedCall } from './tool-choice.ts';

/** The name that the development model carries in every answer. */
export const DEV_MODEL = 'holdfast-dev';

/** What the model says: text, or tool calls with ids. */
export type Answer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'calls'; readonly calls: readonly (PlannedCall & { readonly id: string })[] };

const NATURE = `${DEV_MODEL}, the development model: fixed rules, no reasoning`;
const SIGNATURE = /\n\n\([^()\n]* by holdfast-dev, [^()\n]*\.\)\s*$/;

/** A text under which stands who wrote it. @param how `Planned`, `Answered` … */
export function by(how: string, text: string): Answer {
  return { kind: 'text', text: `${text}\n\n(${how} by ${NATURE}.)` };
}

/** An answer that says what it was made of. */
export function signed(text: string, conversation: Conversation): Answer {
  const results = conversation.exchanges.filter((e) => e.result !== undefined).length;
  return by(results > 0 ? `Composed from ${results} tool result${results === 1 ? '' : 's'}` : 'Answered', text);
}

/** A text of ours without its signature, to be part of another. */
export function unsigned(text: string): string {
  return text.replace(SIGNATURE, '');
}

/** Tool calls. */
export function calls(conversation: Conversation, planned: readonly PlannedCall[]): Answer {
  return { kind: 'calls', calls: planned.map((call, i) => ({ ...call, id: callId(conversation, i, call) })) };
}
