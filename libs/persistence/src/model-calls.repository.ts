import { HoldfastError } from '@holdfast/contracts/errors';
import { z } from 'zod';
import type { Database, TenantCall } from './database';
import type { TenantScope } from './tenant-scope';

/** Key of a call in the ledger, together with the tenant. */
export interface ModelCallKey {
  readonly originRunId: string;
  readonly callId: string;
}

/** Who claims which call. */
export interface ModelCallClaim extends ModelCallKey {
  /** The run that makes the call. */
  readonly runId: string;
  /** SHA-256 of the request, hex: another request under the same key is another call. */
  readonly requestSha256: string;
  /** Names the process that makes the call, for people who look at the row. */
  readonly owner: string;
}

/** What stands in the ledger: a reply, or the right to make the call. */
export type ClaimedModelCall =
  | { readonly kind: 'finished'; readonly reply: string }
  | {
      readonly kind: 'claimed';
      /** 1 for the first attempt; each later one has the next. */
      readonly fence: number;
      /** The attempt before was under way when it was lost: the model may have been asked twice. */
      readonly repeated: boolean;
      /** The attempt before asked something else. */
      readonly changed: boolean;
    };

const TENANT = `set_config('app.tenant_id', $1, true)`;
const CLAIM: TenantCall = { name: 'claim_model_call', text: `SELECT * FROM executions.claim_model_call(${TENANT}, $2, $3, $4, $5, $6)` };
const FINISH: TenantCall = { name: 'finish_model_call', text: `SELECT * FROM executions.finish_model_call(${TENANT}, $2, $3, $4, $5)` };

const claimRow = z.discriminatedUnion('state', [
  z.object({ state: z.literal('finished'), reply: z.string() }),
  z.object({ state: z.literal('claimed'), fence: z.number().int(), repeated: z.boolean(), changed: z.boolean() }),
]);
const finishRow = z.object({ state: z.enum(['claimed', 'released', 'finished']), reply: z.string().nullable() });

/** The ledger of model calls. Each method is one transaction in one round trip. */
export class ModelCallsRepository {
  constructor(private readonly db: Database) {}

  /** Claims a call, or finds its reply. */
  async claim(scope: TenantScope, claim: ModelCallClaim): Promise<ClaimedModelCall> {
    const { originRunId, callId, runId, requestSha256, owner } = claim;
    const row = claimRow.parse((await this.db.callTenant(scope, CLAIM, [originRunId, callId, runId, requestSha256, owner]))[0]);
    if (row.state === 'finished') return { kind: 'finished', reply: row.reply };
    return { kind: 'claimed', fence: row.fence, repeated: row.repeated, changed: row.changed };
  }

  /**
   * Stores the reply of a claimed call.
   * @returns the reply that counts: that of another attempt, when it has overtaken this one and is finished
   * @throws HoldfastError CALL_FENCED when another attempt has overtaken this one and is under way, or the run was deleted
   */
  async finish(scope: TenantScope, { originRunId, callId }: ModelCallKey, fence: number, reply: string): Promise<string> {
    const [found] = await this.db.callTenant(scope, FINISH, [originRunId, callId, fence, reply]);
    const row = found === undefined ? undefined : finishRow.parse(found);
    if (row?.state === 'finished' && row.reply !== null) return row.reply;
    throw new HoldfastError('CALL_FENCED', 'Another attempt of the model call has taken its place.');
  }

  /** Gives a claimed call back that ended without a reply. Changes nothing when another attempt has overtaken it. */
  async release(scope: TenantScope, { originRunId, callId }: ModelCallKey, fence: number): Promise<void> {
    await this.db.callTenant(scope, FINISH, [originRunId, callId, fence, null]);
  }
}
