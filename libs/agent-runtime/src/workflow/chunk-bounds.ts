import { MAX_RESULT_BYTES, MAX_SAVED_BYTES } from '@holdfast/contracts/limits';
import { requireStorable } from './measure';
import type { MessageLists } from './message-lists';
import type { ChunkMode } from './run-graph';

/**
 * Refuses what a run emits and cannot be stored, or is too large. A node's results are measured by the saver, which gets them first.
 * @returns bytes of the state, without those lists that are measured already
 * @throws HoldfastError RESULT_INVALID, RESULT_TOO_LARGE, STATE_TOO_LARGE
 */
export function requireBounded(lists: MessageLists, ns: readonly string[], mode: ChunkMode, payload: unknown): number {
  if (mode === 'custom') requireStorable(payload, 'A custom event', MAX_RESULT_BYTES, 'RESULT_TOO_LARGE');
  if (mode !== 'checkpoints' || ns.length > 0) return 0;
  const { values } = payload as { readonly values: unknown };
  let known = 0;
  const size = requireStorable(values, 'The state', MAX_SAVED_BYTES, 'STATE_TOO_LARGE', (list) => {
    const measured = lists.measured(list);
    known += measured.bytes;
    return measured;
  });
  return size - known;
}
