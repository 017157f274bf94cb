import type { ToolCallEnd } from '@holdfast/persistence';
import type { ToolAnswer } from '../pipeline/tool-answer';
import { encodeResult } from './stored-answer';

/**
 * How an attempt at a call ended. `finished`: with a final outcome. `refused`: the router did not call; a repeat decides anew. `released`:
 * nothing reached the tool server, a repeat is the first call. `lost`: the tool may have been called and may be called again.
 */
export type CallEnd =
  | { readonly kind: 'finished' | 'refused'; readonly answer: ToolAnswer }
  | { readonly kind: 'released' | 'lost'; readonly error: unknown };

/** A {@link CallEnd} as the ledger keeps it. */
export function storedEnd(end: CallEnd): Omit<ToolCallEnd, 'run_id' | 'call_id' | 'claim_no'> {
  if ('error' in end) {
    return { status: 'open', duration_ms: 0, bytes: 0, truncated: false, lost: end.kind === 'lost' };
  }
  const { status, code, duration_ms, bytes, truncated } = end.answer.outcome;
  return {
    status,
    ...(code === undefined ? {} : { code }),
    duration_ms,
    bytes,
    truncated,
    ...(end.kind === 'finished' ? { result: encodeResult(end.answer) } : {}),
    lost: false,
  };
}
