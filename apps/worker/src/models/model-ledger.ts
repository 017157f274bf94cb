import { createHash } from 'node:crypto';
import type { ModelReply, ModelRequest } from '@holdfast/agent-runtime/api';
import { ERROR_CODES, isHoldfastError } from '@holdfast/contracts/errors';
import { retryDelay } from '@holdfast/nest-kit/connector';
import type { ModelCallsRepository } from '@holdfast/persistence';
import canonicalize from 'canonicalize';
import { countRepeat } from '../activities/activity-metrics';
import type { CallScope } from '../activities/call-scope';
import { type BlobStore, noteUses } from '../blobs/blob-texts';

/** Where an attempt that repeats another one is reported. */
export interface RepeatLog {
  warn(fields: object, message: string): void;
}

/** What {@link throughLedger} is made of. */
export interface LedgerParts {
  readonly calls: Pick<ModelCallsRepository, 'claim' | 'finish' | 'release'>;
  /** Keeps the texts that replies refer to. */
  readonly blobs: BlobStore;
  /** Names this process. */
  readonly owner: string;
  readonly log: RepeatLog;
}

/** A reply on its way into the ledger. */
export interface Attempt {
  /** 1 for the first attempt of the call in any lane and process. */
  readonly number: number;
  /** The attempt before was under way when its process died. */
  readonly repeated: boolean;
  /**
   * Stores the reply.
   * @returns whether it counts; if not, that of another attempt does
   * @throws HoldfastError CALL_FENCED
   */
  finish(reply: ModelReply): Promise<boolean>;
}

/** Pauses between tries to store a reply: losing it means asking the model again. */
const FINISH_PAUSE = { firstMs: 100, longestMs: 2_000 };
const FINISH_TRIES = 20;

/**
 * Makes a model call that is not in the ledger yet, and gives the reply that is there otherwise. A call that may have been under way when its
 * process died is made again, and that is reported: a model call costs money, but changes nothing.
 * @throws what the call throws, and HoldfastError CALL_FENCED (retryable) when another attempt has taken this one's place; what the blob store throws
 */
export async function throughLedger(parts: LedgerParts, request: ModelRequest, scope: CallScope, call: (attempt: Attempt) => Promise<ModelReply>): Promise<ModelReply> {
  const { ref } = request;
  const claim = await parts.calls.claim(scope.ctx, { ...ref, requestSha256: hashOf(request), owner: parts.owner });
  if (claim.kind === 'finished') return taken(parts, request, scope, claim.reply);
  if (claim.repeated) {
    countRepeat('model');
    parts.log.warn({ call_id: ref.callId, node: ref.node, attempt: claim.fence }, 'a model call is made again: nobody knows how far its last attempt came');
  }
  let counts: ModelReply | undefined;
  try {
    const reply = await call({
      number: claim.fence,
      repeated: claim.repeated,
      finish: async (own) => {
        const text = JSON.stringify(own);
        const stored = await patiently(() => parts.calls.finish(scope.ctx, ref, claim.fence, text), scope.signal);
        counts = stored === text ? own : await taken(parts, request, scope, stored);
        return counts === own;
      },
    });
    return counts ?? reply;
  } catch (error) {
    // What cannot be written now counts as a repeat later: one report too many.
    if (counts === undefined) await parts.calls.release(scope.ctx, ref, claim.fence).catch(() => undefined);
    throw error;
  }
}

/** A reply that another attempt has stored. It may be that of a thread which this one is a copy of, and its texts must outlast that one. */
async function taken({ blobs }: LedgerParts, { ref }: ModelRequest, { ctx }: CallScope, stored: string): Promise<ModelReply> {
  const reply = JSON.parse(stored) as ModelReply;
  await noteUses(blobs, ctx, ref, reply);
  return reply;
}

/** Everything that the model is asked; not who asks. */
function hashOf({ messages, tools, params, asked: known }: ModelRequest): string {
  if (known !== undefined) return known;
  const asked = JSON.parse(JSON.stringify({ messages, tools, params })) as unknown;
  return createHash('sha256')
    .update(canonicalize(asked) ?? '')
    .digest('hex');
}

async function patiently<T>(write: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      const passes = isHoldfastError(error) && error.code !== 'CALL_FENCED' && ERROR_CODES[error.code].retryable;
      if (!passes || attempt === FINISH_TRIES || signal.aborted) throw error;
      await retryDelay(attempt, FINISH_PAUSE, signal);
    }
  }
}
