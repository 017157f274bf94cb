import { HoldfastError } from '@holdfast/contracts/errors';
import { z } from 'zod';
import type { Database, TenantCall } from './database';
import { TenantBatcher } from './tenant-batcher';
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
// Many calls in one statement; the function sees them one after the other.
const CLAIM: TenantCall = {
  name: 'claim_model_calls',
  text: `SELECT claimed.* FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[]) WITH ORDINALITY AS asked (origin, call, run, request, owner, place)
    CROSS JOIN LATERAL executions.claim_model_call(${TENANT}, asked.origin, asked.call, asked.run, asked.request, asked.owner) AS claimed ORDER BY asked.place`,
};
const FINISH: TenantCall = {
  name: 'finish_model_calls',
  text: `SELECT ended.* FROM unnest($2::uuid[], $3::text[], $4::int[], $5::text[]) WITH ORDINALITY AS asked (origin, call, fence, reply, place)
    LEFT JOIN LATERAL executions.finish_model_call(${TENANT}, asked.origin, asked.call, asked.fence, asked.reply) AS ended ON true ORDER BY asked.place`,
};

const claimRow = z.discriminatedUnion('state', [
  z.object({ state: z.literal('finished'), reply: z.string() }),
  z.object({ state: z.literal('claimed'), fence: z.number().int(), repeated: z.boolean(), changed: z.boolean() }),
]);
/** Nulls: the call is not in the ledger, because its run was deleted. */
const finishRow = z.object({ state: z.enum(['claimed', 'released', 'finished']).nullable(), reply: z.string().nullable() });

interface ModelCallEnd extends ModelCallKey {
  readonly fence: number;
  /** Null: the attempt ended without one. */
  readonly reply: string | null;
}

/** The ledger of model calls. Each method is one transaction in one round trip, shared with calls of the tenant that come while another is under way. */
export class ModelCallsRepository {
  readonly #claims: TenantBatcher<ModelCallClaim, z.infer<typeof claimRow>>;
  readonly #ends: TenantBatcher<ModelCallEnd, z.infer<typeof finishRow>>;

  constructor(db: Database) {
    this.#claims = new TenantBatcher(async (scope, claims) => {
      const columns = (['originRunId', 'callId', 'runId', 'requestSha256', 'owner'] as const).map((name) => claims.map((claim) => claim[name]));
      return z.array(claimRow).length(claims.length).parse(await db.callTenant(scope, CLAIM, columns));
    });
    this.#ends = new TenantBatcher(async (scope, ends) => {
      const columns = (['originRunId', 'callId', 'fence', 'reply'] as const).map((name) => ends.map((end) => end[name]));
      return z.array(finishRow).length(ends.length).parse(await db.callTenant(scope, FINISH, columns));
    });
  }

  /** Claims a call, or finds its reply. */
  async claim(scope: TenantScope, claim: ModelCallClaim): Promise<ClaimedModelCall> {
    const row = await this.#claims.submit(scope, claim);
    if (row.state === 'finished') return { kind: 'finished', reply: row.reply };
    return { kind: 'claimed', fence: row.fence, repeated: row.repeated, changed: row.changed };
  }

  /**
   * Stores the reply of a claimed call.
   * @returns the reply that counts: that of another attempt, when it has overtaken this one and is finished
   * @throws HoldfastError CALL_FENCED when another attempt has overtaken this one and is under way, or the run was deleted
   */
  async finish(scope: TenantScope, { originRunId, callId }: ModelCallKey, fence: number, reply: string): Promise<string> {
    const row = await this.#ends.submit(scope, { originRunId, callId, fence, reply });
    if (row.state === 'finished' && row.reply !== null) return row.reply;
    throw new HoldfastError('CALL_FENCED', 'Another attempt of the model call has taken its place.');
  }

  /** Gives a claimed call back that ended without a reply. Changes nothing when another attempt has overtaken it. */
  async release(scope: TenantScope, { originRunId, callId }: ModelCallKey, fence: number): Promise<void> {
    await this.#ends.submit(scope, { originRunId, callId, fence, reply: null });
  }
}
