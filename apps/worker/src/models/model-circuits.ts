import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, DelegateBackoff, circuitBreaker, handleWhen, isBrokenCircuitError } from 'cockatiel';
import { LRUCache } from 'lru-cache';

/** When a model is left alone. */
export interface CircuitSettings {
  /** Failures in a row that open the circuit. */
  readonly failures: number;
  /** How long it stays open, milliseconds; then one call tries. */
  readonly openMs: number;
  /** How long other calls wait for that one, milliseconds; after that they ask the model beside it, for it may take as long as a call may. */
  readonly trialMs: number;
}

/** Short enough that a restarted gateway is found before a waiting call's next attempt; the calls themselves are counted, see CALL_RETRY. */
const SETTINGS: CircuitSettings = { failures: 5, openMs: 5_000, trialMs: 5_000 };

/** Pause for calls that come while one tries whether the model is back, milliseconds. */
const TRIAL_PAUSE_MS = 1_000;

// A pair's circuit is forgotten, and closed, when so many others were used since.
const MAX_PAIRS = 5_000;

/** Pairs of tenant and model that a worker leaves alone, and those of which one call tries whether they are back. */
export interface CircuitCounts {
  /** After failures in a row. */
  readonly open: number;
  readonly half_open: number;
  /** By a Retry-After, in a closed circuit. */
  readonly resting: number;
}

interface Circuit {
  readonly breaker: CircuitBreakerPolicy;
  openUntil: number;
  /** Until when other calls wait for the one that tries. */
  trialUntil: number;
  /** Until when the server has asked not to be called. */
  restsUntil: number;
}

/**
 * Which models this worker leaves alone, by tenant: those that failed several times in a row, and those that asked for a pause
 * (Retry-After). What one tenant's key or quota suffers says nothing about another's.
 */
export class ModelCircuits {
  readonly #circuits = new LRUCache<string, Circuit>({ max: MAX_PAIRS });

  /** @param now wall clock, milliseconds: cockatiel's @param onOpened is told the code of the failure that opened a circuit, again after a trial that failed */
  constructor(
    private readonly settings: CircuitSettings = SETTINGS,
    private readonly now: () => number = Date.now,
    private readonly onOpened: (code: string) => void = () => undefined,
  ) {}

  /** How many circuits are in which state. An open one whose pause is over, and that nobody has asked since, counts as half open. */
  counts(): CircuitCounts {
    const counts = { open: 0, half_open: 0, resting: 0 };
    for (const circuit of this.#circuits.values()) {
      const { state } = circuit.breaker;
      if (state === CircuitState.Open && circuit.openUntil > this.now()) counts.open += 1;
      else if (state === CircuitState.Open || state === CircuitState.HalfOpen) counts.half_open += 1;
      else if (circuit.restsUntil > this.now()) counts.resting += 1;
    }
    return counts;
  }

  /** Why the model is not to be asked now; undefined when it may be. */
  refusalOf(tenantId: string, model: string): HoldfastError | undefined {
    const circuit = this.#circuits.get(keyOf(tenantId, model));
    if (circuit === undefined) return undefined;
    const { state } = circuit.breaker;
    const trialMs = state === CircuitState.HalfOpen && circuit.trialUntil > this.now() ? TRIAL_PAUSE_MS : 0;
    const openMs = state === CircuitState.Open ? circuit.openUntil - this.now() : 0;
    const leftMs = Math.ceil(Math.max(trialMs, openMs, circuit.restsUntil - this.now()));
    return leftMs <= 0 ? undefined : leftAlone(model, leftMs);
  }

  /** Makes a call, and learns from how it ends. @throws HoldfastError MODEL_CIRCUIT_OPEN, and whatever the call throws */
  async through<T>(tenantId: string, model: string, call: () => Promise<T>): Promise<T> {
    const circuit = this.#of(keyOf(tenantId, model));
    const { breaker } = circuit;
    const isBesideTrial = breaker.state === CircuitState.HalfOpen;
    // Of two calls that came when it was time to try one tries; the breaker would let the other one wait for it.
    const refusal = isBesideTrial ? this.refusalOf(tenantId, model) : undefined;
    if (refusal !== undefined) throw refusal;
    try {
      return await (isBesideTrial ? call() : breaker.execute(() => (breaker.state === CircuitState.HalfOpen ? asTrial(call) : call())));
    } catch (thrown) {
      const error = thrown instanceof NothingLearnt ? thrown.cause : thrown;
      if (isBrokenCircuitError(error)) throw leftAlone(model, Math.max(TRIAL_PAUSE_MS, circuit.openUntil - this.now()));
      if (isHoldfastError(error) && error.kind === 'model' && error.retryAfterMs !== undefined) circuit.restsUntil = this.now() + error.retryAfterMs;
      throw error;
    }
  }

  #of(key: string): Circuit {
    const known = this.#circuits.get(key);
    if (known !== undefined) return known;
    const { failures, openMs, trialMs } = this.settings;
    const pauseMs = (reason: object): number => ('error' in reason && reason.error instanceof NothingLearnt ? 0 : openMs);
    const breaker = circuitBreaker(handleWhen(speaksAgainstModel), {
      halfOpenAfter: new DelegateBackoff(({ result }) => pauseMs(result)),
      breaker: new ConsecutiveBreaker(failures),
    });
    const made: Circuit = { breaker, openUntil: 0, trialUntil: 0, restsUntil: 0 };
    breaker.onBreak((reason) => {
      made.openUntil = this.now() + pauseMs(reason);
      if ('error' in reason && isHoldfastError(reason.error)) this.onOpened(reason.error.code);
    });
    breaker.onHalfOpen(() => (made.trialUntil = this.now() + trialMs));
    this.#circuits.set(key, made);
    return made;
  }
}

/** What ended a trial without a word of the model: its cancellation, say. The breaker would take any other error for success; the next call tries. */
class NothingLearnt extends Error {}

async function asTrial<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isHoldfastError(error) && error.kind === 'model') throw error;
    throw new NothingLearnt('the trial of a model ended without its answer', { cause: error });
  }
}

/** Not what it refused to do for this one request, and not what a caller cancelled. */
function speaksAgainstModel(error: unknown): boolean {
  if (error instanceof NothingLearnt) return true;
  return isHoldfastError(error) && (error.code === 'MODEL_UNAVAILABLE' || error.code === 'MODEL_TIMEOUT' || error.code === 'MODEL_RATE_LIMITED');
}

function leftAlone(model: string, retryAfterMs: number): HoldfastError {
  return new HoldfastError('MODEL_CIRCUIT_OPEN', `The model ${model} is left alone for now: it failed several times in a row, or asked for a pause.`, { retryAfterMs });
}

/** Tenant ids hold no slash. */
function keyOf(tenantId: string, model: string): string {
  return `${tenantId}/${model}`;
}
