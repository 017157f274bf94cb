import { EFFECT_CLASSES, TOOL_STATUSES, type ToolOutcome } from '@holdfast/contracts/tools';
import { z } from 'zod';
import type { Database, TenantCall } from './database';
import { toJsonb } from './jsonb';
import { timestamp } from './rows.schema';
import type { TenantScope } from './tenant-scope';

/** A call's name in its tenant's ledger. */
export interface ToolCallKey {
  /** The run in whose ledger the call stands. */
  readonly run_id: string;
  readonly call_id: string;
}

/** What a router is about to call. */
export interface ToolCallClaim extends ToolCallKey, Pick<ToolOutcome, 'server' | 'tool' | 'effect' | 'arguments_sha256'> {
  /** The router's own count of its claims, upwards; with the router's id it names the claim. */
  readonly claim_no: number;
}

/** A final outcome as it was stored. */
export interface StoredToolOutcome {
  readonly outcome: ToolOutcome;
  /** What the router keeps besides; null in rows from before the ledger. */
  readonly result: string | null;
}

/**
 * What a claim found. `claimed`: the caller may call, and is the only one; `repeated` when the tool may have been called before. `unknown`:
 * this claim found the call of a dead router that must not be repeated, and gave it its final outcome. `in-flight`: another router is at
 * it. `conflict`: another tool or other arguments stand under this name. `lapsed`: the claiming router itself counts as dead.
 */
export type ToolCallClaimed =
  | { readonly kind: 'claimed'; readonly fence: number; readonly repeated: boolean }
  | { readonly kind: 'finished' | 'unknown'; readonly stored: StoredToolOutcome }
  | { readonly kind: 'in-flight'; readonly retry_after_ms: number }
  | { readonly kind: 'conflict'; readonly server: string; readonly tool: string }
  | { readonly kind: 'lapsed' };

/** How a claim ended. */
export interface ToolCallEnd extends ToolCallKey, Pick<ToolOutcome, 'code' | 'duration_ms' | 'bytes' | 'truncated'> {
  readonly claim_no: number;
  /** `ok` and `error` are final; after `refused` and `open` a repeat calls. */
  readonly status: 'ok' | 'error' | 'refused' | 'open';
  /** Of a final outcome. */
  readonly result?: string;
  /** The tool may have been called and may be called again: the next claim is told so. */
  readonly lost: boolean;
}

/** `fenced`: the claim had passed to somebody else, whose final outcome stands there when there is one; nothing was stored. */
export type ToolCallEnded = { readonly kind: 'ended' } | { readonly kind: 'fenced'; readonly stored: StoredToolOutcome | undefined };

/** A call that was refused before it was claimed. */
export interface ToolCallRefusal extends ToolCallKey, Pick<ToolOutcome, 'server' | 'tool' | 'effect' | 'code' | 'duration_ms' | 'arguments_sha256'> {}

const TENANT = `set_config('app.tenant_id', $1, true)`;
const CLAIM_CALLS: TenantCall = { name: 'claim_calls', text: `SELECT tools.claim_calls(${TENANT}, $2, $3, $4) AS replies` };
const END_CLAIMS: TenantCall = { name: 'end_claims', text: `SELECT tools.end_claims(${TENANT}, $2, $3) AS replies` };
const RECORD_REFUSALS: TenantCall = { name: 'record_refusals', text: `SELECT tools.record_refusals(${TENANT}, $2)` };

const code = z
  .string()
  .nullable()
  .transform((text) => text ?? undefined);
const measured = {
  server: z.string(),
  tool: z.string(),
  effect: z.enum(EFFECT_CLASSES),
  code,
  duration_ms: z.number(),
  bytes: z.number().int(),
  truncated: z.boolean(),
  arguments_sha256: z.string(),
};
const stored = z
  .object({ ...measured, status: z.enum(TOOL_STATUSES), repeated: z.boolean(), result: z.string().nullable() })
  .transform(({ result, repeated, code: reason, ...outcome }): StoredToolOutcome => {
    return { outcome: { ...outcome, ...(reason === undefined ? {} : { code: reason }), ...(repeated ? { repeated: true as const } : {}) }, result };
  });
const claimNo = { claim_no: z.number().int() };
const claimedReplies = z.array(
  z.discriminatedUnion('kind', [
    z.object({ ...claimNo, kind: z.literal('claimed'), fence: z.number().int(), repeated: z.boolean() }),
    z.object({ ...claimNo, kind: z.enum(['finished', 'unknown']), stored }),
    z.object({ ...claimNo, kind: z.literal('in-flight'), retry_after_ms: z.number() }),
    z.object({ ...claimNo, kind: z.literal('conflict'), server: z.string(), tool: z.string() }),
    z.object({ ...claimNo, kind: z.literal('lapsed') }),
  ]),
);
const endedReplies = z.array(
  z.discriminatedUnion('kind', [
    z.object({ ...claimNo, kind: z.literal('ended') }),
    z.object({ ...claimNo, kind: z.literal('fenced'), stored: stored.nullable().transform((outcome) => outcome ?? undefined) }),
  ]),
);
const repliesRow = z.object({ replies: z.unknown() });

const toolCallRow = z.object({
  ...measured,
  run_id: z.string(),
  call_id: z.string(),
  status: z.enum([...TOOL_STATUSES, 'claimed', 'open']),
  fence: z.number().int(),
  lost_claims: z.number().int(),
  created_at: timestamp,
});
/** A row of the ledger, without what the tool answered. */
export type ToolCallRow = z.infer<typeof toolCallRow>;

/** The ledger of tool calls. Each method but `list` is one statement and one round trip: every call waits for two of them. */
export class ToolCallsRepository {
  constructor(private readonly db: Database) {}

  /**
   * Claims calls for a router, or tells what stands there; replies in the order of the claims. A router must not claim a call while a
   * claim of its own of that call is under way: an earlier one that got no answer passes to the new one as never called.
   * @param unknownResult result of an outcome that this makes unknown
   */
  async claim(scope: TenantScope, routerId: string, claims: readonly ToolCallClaim[], unknownResult: string): Promise<ToolCallClaimed[]> {
    const rows = await this.db.callTenant(scope, CLAIM_CALLS, [routerId, toJsonb(claims), unknownResult]);
    return inOrder(claims, claimedReplies.parse(repliesRow.parse(rows[0]).replies));
  }

  /** Ends claims; replies in the order of the ends. To store an end again is harmless. */
  async end(scope: TenantScope, routerId: string, ends: readonly ToolCallEnd[]): Promise<ToolCallEnded[]> {
    const rows = await this.db.callTenant(scope, END_CLAIMS, [routerId, toJsonb(ends)]);
    return inOrder(ends, endedReplies.parse(repliesRow.parse(rows[0]).replies));
  }

  /** Stores refusals of calls that were never claimed. The newest counts, until the call is claimed. */
  async refuse(scope: TenantScope, refusals: readonly ToolCallRefusal[]): Promise<void> {
    // One statement cannot write a row twice.
    const newest = new Map(refusals.map((refusal) => [`${refusal.run_id} ${refusal.call_id}`, refusal]));
    await this.db.callTenant(scope, RECORD_REFUSALS, [toJsonb([...newest.values()])]);
  }

  /** Calls of a run's ledger, oldest first. */
  async list(scope: TenantScope, runId: string): Promise<ToolCallRow[]> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT * FROM tools.tool_calls WHERE run_id = $1 ORDER BY created_at, call_id`, [runId]),
    );
    return z.array(toolCallRow).parse(rows);
  }
}

function inOrder<R extends { claim_no: number }>(asked: readonly { claim_no: number }[], replies: readonly R[]): R[] {
  const byNumber = new Map(replies.map((reply) => [reply.claim_no, reply]));
  return asked.map(({ claim_no }) => {
    const reply = byNumber.get(claim_no);
    if (reply === undefined) throw new TypeError(`the ledger did not answer claim ${claim_no}`);
    return reply;
  });
}
