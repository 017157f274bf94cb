import type { StoredToolOutcome, ToolCallClaim, ToolCallClaimed, ToolCallEnd, ToolCallEnded, ToolCallRefusal } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import type { LedgerStore } from '../src/ledger/call-ledger';

type Row = ToolCallClaim & { status: 'claimed' | ToolCallEnd['status']; holder: string; fence: number; lost: number; stored?: StoredToolOutcome };

/** The ledger in memory, for one tenant and living routers: what unit tests of its users need. */
export class InMemoryLedgerStore implements LedgerStore {
  readonly rows = new Map<string, Row>();
  readonly refusals: ToolCallRefusal[] = [];
  /** Every statement waits for it; a rejection is that of PostgreSQL. */
  weather: () => Promise<void> = async () => undefined;

  async claim(_: TenantContext, holder: string, claims: readonly ToolCallClaim[]): Promise<ToolCallClaimed[]> {
    await this.weather();
    return claims.map((claim) => {
      const key = `${claim.run_id} ${claim.call_id}`;
      const row = this.rows.get(key);
      if (row?.stored !== undefined) return { kind: 'finished', stored: row.stored };
      if (row?.status === 'claimed' && row.holder !== holder) return { kind: 'in-flight', retry_after_ms: 7 };
      const fence = (row?.fence ?? 0) + 1;
      const lost = row?.lost ?? 0;
      this.rows.set(key, { ...claim, status: 'claimed', holder, fence, lost });
      return { kind: 'claimed', fence, repeated: lost > 0 };
    });
  }

  async end(_: TenantContext, holder: string, ends: readonly ToolCallEnd[]): Promise<ToolCallEnded[]> {
    await this.weather();
    return ends.map((end) => {
      const row = this.rows.get(`${end.run_id} ${end.call_id}`);
      if (row === undefined) return { kind: 'ended' };
      if (row.holder !== holder || row.claim_no !== end.claim_no) return { kind: 'fenced', stored: row.stored };
      row.status = end.status;
      if (end.lost) row.lost += 1;
      if (end.status === 'ok' || end.status === 'error') row.stored = { outcome: outcomeOf(row, end), result: end.result ?? null };
      return { kind: 'ended' };
    });
  }

  async refuse(_: TenantContext, refusals: readonly ToolCallRefusal[]): Promise<void> {
    await this.weather();
    this.refusals.push(...refusals);
  }
}

function outcomeOf(row: Row, end: ToolCallEnd): StoredToolOutcome['outcome'] {
  const { server, tool, effect, arguments_sha256 } = row;
  const { code, duration_ms, bytes, truncated } = end;
  const status = end.status === 'ok' ? 'ok' : 'error';
  return { status, ...(code === undefined ? {} : { code }), server, tool, effect, duration_ms, bytes, truncated, arguments_sha256, ...(row.lost > 0 ? { repeated: true } : {}) };
}
