import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import type { ToolOutcome } from '@holdfast/contracts/tools';
import type { LogSink } from '@holdfast/nest-kit';
import { retryDelay } from '@holdfast/nest-kit/connector';
import { TenantBatcher, type ToolCallClaim, type ToolCallClaimed, type ToolCallEnd, type ToolCallEnded, type ToolCallRefusal } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import type { LedgerEvent, ToolMetrics } from '../metrics/tool-metrics';
import { ANSWER_RESERVE_MS, mayBeRepeated, type CallScope, type ToolAnswer } from '../pipeline/tool-answer';
import { storedEnd, type CallEnd } from './call-end';
import { CallFlight } from './call-flight';
import { lapsed, type RouterLease } from './router-lease';
import { UNKNOWN_RESULT, decodeAnswer } from './stored-answer';
import { within } from './within';

/** Where the ledger stands; @holdfast/persistence's ToolCallsRepository is one, and says what each method means. */
export interface LedgerStore {
  claim(ctx: TenantContext, routerId: string, claims: readonly ToolCallClaim[], unknownResult: string): Promise<readonly ToolCallClaimed[]>;
  end(ctx: TenantContext, routerId: string, ends: readonly ToolCallEnd[]): Promise<readonly ToolCallEnded[]>;
  refuse(ctx: TenantContext, refusals: readonly ToolCallRefusal[]): Promise<void>;
}

/** A call as the ledger knows it. */
export type LedgerCall = Omit<ToolCallClaim, 'claim_no'>;

/** One attempt at a call that was claimed. */
type Perform = (scope: CallScope) => Promise<CallEnd>;

/** What {@link CallLedger} is made of. */
export interface LedgerParts {
  readonly store: LedgerStore;
  readonly lease: RouterLease;
  readonly metrics: Pick<ToolMetrics, 'ledger' | 'unrecorded'>;
  readonly log: LogSink;
}

/** Most calls of this process that are under way or whose end is not stored yet. */
const MAX_FLIGHTS = 5_000;
/** Longest wait for a claim, milliseconds. */
const CLAIM_PATIENCE_MS = 5_000;
/** Longest that an answer waits for its record, milliseconds: a restart of PostgreSQL takes less. */
const END_PATIENCE_MS = 15_000;
/** When a call is to be asked for again whose state somebody is asking for, milliseconds. */
const SETTLING_PAUSE_MS = 100;
/** Pauses between tries to store the end of a call. */
const END_PAUSE = { firstMs: 100, longestMs: 2_000 };

/**
 * Makes each call once: claims it before anything is called, stores its outcome before the answer leaves, and gives that outcome to whoever
 * asks for the call again. What a repeat of a lost call may do is decided by its effect class, inside the claim (design.md §3).
 */
export class CallLedger {
  readonly #flights = new Map<string, { readonly call: LedgerCall; readonly flight: CallFlight<ToolAnswer>; readonly asksOnly: boolean }>();
  readonly #over = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #claims: TenantBatcher<ToolCallClaim, ToolCallClaimed, TenantContext>;
  readonly #ends: TenantBatcher<ToolCallEnd, ToolCallEnded, TenantContext>;
  readonly #refusals: TenantBatcher<ToolCallRefusal, undefined, TenantContext>;
  #claimNo = 0;

  constructor(private readonly parts: LedgerParts) {
    const { store, lease } = parts;
    this.#claims = new TenantBatcher((ctx, claims) => store.claim(ctx, lease.routerId, claims, UNKNOWN_RESULT));
    this.#ends = new TenantBatcher((ctx, ends) => store.end(ctx, lease.routerId, ends));
    this.#refusals = new TenantBatcher(async (ctx, refusals) => (await store.refuse(ctx, refusals), refusals.map(() => undefined)));
  }

  /**
   * The outcome of a call: a stored one, that of the same call under way here, or that of `perform`, which runs at most once at a time for
   * each call anywhere. Its scope lasts as long as anybody waits.
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE (PostgreSQL away: nothing was called, or the outcome waits to be stored),
   *   TOOL_CALL_IN_FLIGHT (another router is at it), CALL_CONFLICT, RUN_CANCELLED, DEADLINE_EXCEEDED, and the error of `perform`'s end
   */
  async once(ctx: TenantContext, call: LedgerCall, scope: CallScope, perform: Perform): Promise<ToolAnswer> {
    return this.#join(ctx, call, scope, perform, false);
  }

  /**
   * What is known of a call, without making it.
   * @throws HoldfastError of {@link once}; NOT_FOUND when nothing is known, or when a repeat would do no harm
   */
  async settle(ctx: TenantContext, call: LedgerCall, scope: CallScope): Promise<ToolAnswer> {
    const error = new HoldfastError('NOT_FOUND', `The ledger knows no outcome of the call of ${call.tool}.`);
    return this.#join(ctx, call, scope, async () => ({ kind: 'released', error }), true);
  }

  async #join(ctx: TenantContext, call: LedgerCall, scope: CallScope, perform: Perform, asksOnly: boolean): Promise<ToolAnswer> {
    const key = `${ctx.tenantId} ${call.run_id} ${call.call_id}`;
    const known = this.#flights.get(key);
    if (known !== undefined && !known.flight.isOver) {
      if (!isSame(known.call, call)) throw this.#conflict(call, known.call);
      // Who wants the call made must not hear that it was not.
      if (known.asksOnly && !asksOnly) throw inFlight(SETTLING_PAUSE_MS);
      this.#note('joined', call);
      return known.flight.join(scope);
    }
    if (this.#flights.size >= MAX_FLIGHTS) throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'Too many calls are under way.', { retryAfterMs: 1_000 });
    const flight = new CallFlight<ToolAnswer>();
    this.#flights.set(key, { call, flight, asksOnly });
    const { answer, over } = flight.begin(scope, () => this.#fly(ctx, call, flight, perform));
    const gone = over.then(() => {
      if (this.#flights.get(key)?.flight === flight) this.#flights.delete(key);
      this.#over.delete(gone);
    });
    this.#over.add(gone);
    return answer;
  }

  /** Records a call that is refused before it is claimed. It binds nothing. @throws HoldfastError DEPENDENCY_UNAVAILABLE */
  async refuse(ctx: TenantContext, { run_id, call_id }: Pick<LedgerCall, 'run_id' | 'call_id'>, outcome: ToolOutcome): Promise<void> {
    const { server, tool, effect, code, duration_ms, arguments_sha256 } = outcome;
    await this.#refusals.submit(ctx, { run_id, call_id, server, tool, effect, duration_ms, arguments_sha256, ...(code === undefined ? {} : { code }) });
  }

  /** To be asked right before a tool is called. @throws HoldfastError DEPENDENCY_UNAVAILABLE when others may have taken the claim over */
  assertMayCall(): void {
    if (!this.parts.lease.isHeld) throw lapsed();
  }

  /** Waits for the ends of calls to be stored, but not longer than the grace in milliseconds. */
  async close(graceMs: number): Promise<void> {
    await within(graceMs, Promise.all(this.#over));
    this.#closing.abort();
  }

  async #fly(ctx: TenantContext, call: LedgerCall, flight: CallFlight<ToolAnswer>, perform: Perform): Promise<ToolAnswer> {
    await this.parts.lease.assertHeld();
    const claimNo = (this.#claimNo += 1);
    const claimed = await this.#claim(ctx, call, claimNo, flight);
    if (claimed.kind !== 'claimed') return this.#standing(call, claimed);
    const { fence, repeated } = claimed;
    const end = flight.signal.aborted ? { kind: 'released' as const, error: tooLate() } : marked(await perform(flight), repeated);
    if (repeated && end.kind !== 'released') this.#note('repeated', call, { fence }, 'a call whose earlier attempt was lost was made again');
    if (end.kind === 'lost') this.#note('lost', call, { fence, err: end.error }, 'nobody knows how a call ended; it may be made again');
    const stored = this.#end(ctx, call, claimNo, end);
    flight.hold(stored);
    const leftMs = Math.max(ANSWER_RESERVE_MS, flight.deadline - performance.now() - ANSWER_RESERVE_MS);
    const ended = await within(
      Math.min(END_PATIENCE_MS, leftMs),
      stored.catch(() => undefined),
    );
    return this.#answer(call, end, ended);
  }

  /** A claim that gets no answer is given back in the background: nobody else could make the call while this process lives. */
  async #claim(ctx: TenantContext, call: LedgerCall, claimNo: number, flight: CallFlight<ToolAnswer>): Promise<ToolCallClaimed> {
    const claiming = this.#claims.submit(ctx, { ...call, claim_no: claimNo });
    const release = (): Promise<ToolCallEnded> => this.#end(ctx, call, claimNo, { kind: 'released', error: undefined });
    try {
      const claimed = await within(CLAIM_PATIENCE_MS, claiming);
      if (claimed !== undefined) return claimed;
    } catch (error) {
      if (isInDoubt(error)) flight.hold(release());
      throw error;
    }
    flight.hold(claiming.then(({ kind }) => (kind === 'claimed' ? release() : undefined), release));
    throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'PostgreSQL takes too long: no tool is called without a claim.', { retryAfterMs: 1_000 });
  }

  /** What stood there instead of a claim. */
  #standing(call: LedgerCall, found: Exclude<ToolCallClaimed, { kind: 'claimed' }>): ToolAnswer {
    switch (found.kind) {
      case 'finished':
        this.#note('replayed', call);
        return decodeAnswer(found.stored, true);
      case 'unknown':
        this.#note('unknown', call, {}, 'a call was left behind by a router that is gone and is not made again: its outcome is unknown');
        return decodeAnswer(found.stored, false);
      case 'in-flight':
        this.#note('in_flight', call);
        throw inFlight(found.retry_after_ms);
      case 'conflict':
        throw this.#conflict(call, found);
      case 'lapsed':
        this.parts.lease.doubt();
        throw lapsed();
    }
  }

  /** Tries until the end is stored: as long as this process lives, its memory is the only place where the outcome stands. */
  async #end(ctx: TenantContext, { run_id, call_id }: LedgerCall, claimNo: number, end: CallEnd): Promise<ToolCallEnded> {
    const { signal } = this.#closing;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#ends.submit(ctx, { ...storedEnd(end), run_id, call_id, claim_no: claimNo });
      } catch (error) {
        if (attempt === 1) this.parts.log[end.kind === 'released' ? 'debug' : 'warn']({ err: error, run_id, call_id, end: end.kind }, 'the end of a call could not be stored yet');
        await retryDelay(attempt, END_PAUSE, signal);
        if (signal.aborted) throw error;
      }
    }
  }

  /** @param ended undefined while the end is not stored */
  #answer(call: LedgerCall, end: CallEnd, ended: ToolCallEnded | undefined): ToolAnswer {
    if ('error' in end) throw end.error;
    if (ended?.kind === 'fenced') {
      this.#note('fenced', call, { status: end.answer.outcome.status }, 'a result came after its claim had passed to another router, and was dropped');
      if (ended.stored === undefined) throw inFlight(0);
      return decodeAnswer(ended.stored, true);
    }
    if (ended !== undefined || end.kind === 'refused') return end.answer;
    // Withheld: the caller asks again, and a repeat would do no harm either.
    if (mayBeRepeated(call.effect)) throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'The outcome could not be stored yet.', { retryAfterMs: 1_000 });
    this.parts.metrics.unrecorded();
    this.parts.log.error({ ...idsOf(call), status: end.answer.outcome.status }, 'an effect is answered before its outcome is stored');
    return end.answer;
  }

  #conflict(call: LedgerCall, other: Pick<LedgerCall, 'server' | 'tool'>): HoldfastError {
    this.#note('conflict', call, { other: `${other.server}/${other.tool}` }, 'two different calls have one id');
    const which = isSameTool(call, other) ? 'with other arguments' : `of the tool ${other.tool}`;
    return new HoldfastError('CALL_CONFLICT', `The call ${call.call_id} is known as a call ${which}.`, { details: { run_id: call.run_id, call_id: call.call_id } });
  }

  #note(event: LedgerEvent, call: LedgerCall, fields: object = {}, message?: string): void {
    this.parts.metrics.ledger(event, call);
    if (message !== undefined) this.parts.log.warn({ ...idsOf(call), ...fields }, message);
  }
}

function idsOf({ run_id, call_id, server, tool, effect }: LedgerCall): object {
  return { run_id, call_id, server, tool, effect };
}

function isSameTool(a: Pick<LedgerCall, 'server' | 'tool'>, b: Pick<LedgerCall, 'server' | 'tool'>): boolean {
  return a.server === b.server && a.tool === b.tool;
}

function isSame(a: LedgerCall, b: LedgerCall): boolean {
  return isSameTool(a, b) && a.arguments_sha256 === b.arguments_sha256;
}

/** What may have been done twice says so. */
function marked(end: CallEnd, repeated: boolean): CallEnd {
  if (!repeated || end.kind !== 'finished') return end;
  return { kind: 'finished', answer: { ...end.answer, outcome: { ...end.answer.outcome, repeated: true } } };
}

/** The server may have stored it all the same: an error of its own would carry a state. */
function isInDoubt(error: unknown): boolean {
  return !isHoldfastError(error) || error.details['sqlstate'] === undefined;
}

function inFlight(retryAfterMs: number): HoldfastError {
  return new HoldfastError('TOOL_CALL_IN_FLIGHT', 'The same call is under way in another tool router.', { retryAfterMs });
}

function tooLate(): HoldfastError {
  return new HoldfastError('DEADLINE_EXCEEDED', 'The call was cancelled before it began.');
}
