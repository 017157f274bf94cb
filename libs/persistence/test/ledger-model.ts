import type { ToolCallClaim, ToolCallEnd } from '../src/index';

/** How a row of the ledger stands in the model. */
interface Row {
  status: 'claimed' | 'open' | 'refused' | 'ok' | 'error';
  readonly tool: string;
  effect: string;
  args: string;
  holder: string;
  claimNo: number;
  fence: number;
  lost: number;
  result: string | null;
  code: string | null;
}

/** The ledger of one tenant as design.md §3 describes it, for comparison with what PostgreSQL does. */
export class LedgerModel {
  readonly rows = new Map<string, Row>();
  readonly alive = new Set<string>();

  /** What a claim must be told. */
  claim(holder: string, claim: ToolCallClaim, unknown: string): Record<string, unknown> {
    const { call_id: key, claim_no: claimNo, tool, effect, arguments_sha256: args } = claim;
    if (!this.alive.has(holder)) return { kind: 'lapsed' };
    const row = this.rows.get(key);
    if (row === undefined) {
      this.rows.set(key, { status: 'claimed', tool, effect, args, holder, claimNo, fence: 1, lost: 0, result: null, code: null });
      return { kind: 'claimed', fence: 1, repeated: false };
    }
    if (row.args !== args || (row.status !== 'refused' && row.tool !== tool)) return { kind: 'conflict', tool: row.tool };
    if (row.status === 'ok' || row.status === 'error') return { kind: 'finished', stored: storedOf(row) };
    const isForeign = row.status === 'claimed' && row.holder !== holder;
    if (isForeign && this.alive.has(row.holder)) return { kind: 'in-flight' };
    if (row.holder === holder && row.claimNo >= claimNo) return { kind: 'in-flight' };
    if (isForeign && (row.effect === 'compensatable' || row.effect === 'irreversible')) {
      Object.assign(row, { status: 'error', code: 'TOOL_OUTCOME_UNKNOWN', result: unknown, holder, claimNo, fence: row.fence + 1 });
      return { kind: 'unknown', stored: storedOf(row) };
    }
    Object.assign(row, { status: 'claimed', code: null, tool, effect, holder, claimNo, fence: row.fence + 1, lost: row.lost + (isForeign ? 1 : 0) });
    return { kind: 'claimed', fence: row.fence, repeated: row.lost > 0 };
  }

  /** What an end must be told. */
  end(holder: string, end: ToolCallEnd): Record<string, unknown> {
    const row = this.rows.get(end.call_id);
    if (row === undefined) return { kind: 'ended' };
    if (row.holder !== holder || row.claimNo !== end.claim_no) {
      return { kind: 'fenced', stored: row.status === 'ok' || row.status === 'error' ? storedOf(row) : undefined };
    }
    if (row.status === 'claimed') {
      Object.assign(row, { status: end.status, code: end.code ?? null, result: end.result ?? null, lost: row.lost + (end.lost ? 1 : 0) });
    }
    return { kind: 'ended' };
  }
}

function storedOf({ status, tool, code, lost, result }: Row): object {
  return { outcome: { status, tool, ...(code === null ? {} : { code }), ...(lost > 0 ? { repeated: true } : {}) }, result };
}
