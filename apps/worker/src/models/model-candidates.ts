import type { ModelReply, ModelRequest, PassedOver } from '@holdfast/agent-runtime/api';
import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { countFallback } from '../activities/activity-metrics';
import type { CallScope } from '../activities/call-scope';
import type { ModelCircuits } from './model-circuits';
import { type Attempt, type LedgerParts, throughLedger } from './model-ledger';

/** What {@link throughCandidates} is made of. */
export interface CandidateParts {
  readonly ledger: LedgerParts;
  readonly circuits: ModelCircuits;
  /** Asked when a request names no model. */
  readonly defaultModel: string;
}

/** One model's turn within an attempt of a call. */
export interface Turn {
  readonly attempt: Attempt;
  readonly model: string;
  /** With the model's share of the time. */
  readonly scope: CallScope;
  readonly passedOver: readonly PassedOver[];
}

interface Failed {
  readonly model: string;
  readonly error: HoldfastError;
}

/**
 * Asks the request's model and then, as long as they fail, its fallbacks. Those that are left alone are passed over; each that is asked is an
 * attempt of its own in the ledger, so that viewers never mix what two of them said. Each may take an equal share of the time that is left.
 * @param ask asks one model, stores the reply
 * @throws what the ledger throws; when none answered, the failure after which a repeat makes most sense
 */
export async function throughCandidates(parts: CandidateParts, request: ModelRequest, scope: CallScope, ask: (turn: Turn) => Promise<ModelReply>): Promise<ModelReply> {
  const { ledger, circuits, defaultModel } = parts;
  const { tenantId } = request.ref;
  const waiting = [...new Set([request.params?.model ?? defaultModel, ...(request.policy?.fallbacks ?? [])])];
  const failed: Failed[] = [];
  const endsAt = performance.now() + scope.timeoutMs;
  do {
    let asked: string | undefined;
    try {
      return await throughLedger(ledger, request, scope, (attempt) => {
        asked = nextOf(waiting, (model) => circuits.refusalOf(tenantId, model), failed);
        if (asked === undefined) throw worthRepeating(failed);
        const model = asked;
        const timeoutMs = Math.max(1, (endsAt - performance.now()) / (waiting.length + 1));
        const passedOver = failed.map(({ model: name, error }) => ({ model: name, code: error.code }));
        return circuits.through(tenantId, model, () => ask({ attempt, model, scope: { ...scope, timeoutMs }, passedOver }));
      });
    } catch (error) {
      if (asked === undefined || scope.signal.aborted || !isHoldfastError(error) || error.kind !== 'model') throw error;
      failed.push({ model: asked, error });
      if (waiting.length > 0) countFallback(error.code);
    }
  } while (waiting.length > 0);
  throw worthRepeating(failed);
}

/** The first that may be asked; those before it have failed without being asked. */
function nextOf(waiting: string[], refusalOf: (model: string) => HoldfastError | undefined, failed: Failed[]): string | undefined {
  for (let model = waiting.shift(); model !== undefined; model = waiting.shift()) {
    const error = refusalOf(model);
    if (error === undefined) return model;
    failed.push({ model, error });
    if (waiting.length > 0) countFallback(error.code);
  }
  return undefined;
}

/** Of several failures the one that passes soonest; its message names the others. */
function worthRepeating(failed: readonly Failed[]): HoldfastError {
  const [first, ...others] = [...failed].sort((a, b) => waitMs(a.error) - waitMs(b.error)) as [Failed, ...Failed[]];
  const { code, message, retryAfterMs } = first.error;
  if (others.length === 0) return first.error;
  const rest = others.map(({ model, error }) => `${model} ${error.code}`).join(', ');
  return new HoldfastError(code, `${first.model}: ${message} Asked too: ${rest}.`, { cause: first.error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

function waitMs({ retryable, retryAfterMs = 0 }: HoldfastError): number {
  return retryable ? retryAfterMs : Number.POSITIVE_INFINITY;
}
