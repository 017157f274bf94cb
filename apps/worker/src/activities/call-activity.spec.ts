import { type CallRef, HANDOVER_MS } from '@holdfast/agent-runtime/api';
import { HoldfastError } from '@holdfast/contracts/errors';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { toActivityFailure } from './activity-failure';
import { HEARTBEAT_MS } from '../temporal/heartbeats';
import { callActivity, type CallHost } from './call-activity';
import { CallFlights } from './call-flights';
import type { CallScope } from './call-scope';

const ref: CallRef = { tenantId: '01900000-0000-7000-8000-00000000000a', threadId: 'th', runId: 'r', graphId: 'g', node: 'n', ns: [], originRunId: 'r', callId: '0123456789abcdef-0' };
const log = { warn: (): void => undefined, error: (): void => undefined };
const host = (chance = 0): CallHost => ({ flights: new CallFlights(), log, random: () => chance, commitProgress: () => Promise.reject(new Error('no commit')) });

describe('a call as an activity', () => {
  it('knows its tenant, its attempt and its trace', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const seen: CallScope[] = [];
    const run = callActivity('model', async (_request, scope) => (seen.push(scope), 'done'), host());
    const result: unknown = await new MockActivityEnvironment({ attempt: 3 }).run(run, { ref: { ...ref, traceparent } });
    expect(result).toBe('done');
    expect(seen[0]).toMatchObject({ attempt: 3, ctx: { tenantId: ref.tenantId, principalId: 'system:run', traceparent } });
  });

  it('heartbeats while the call lasts', async () => {
    let beats = 0;
    const environment = new MockActivityEnvironment();
    environment.on('heartbeat', () => (beats += 1));
    const run = callActivity('tool', () => new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS * 2.4)), host());
    await environment.run(run, { ref });
    expect(beats).toBe(2);
  });

  it('ends at once when it is cancelled, even if the call does not listen', async () => {
    const environment = new MockActivityEnvironment();
    let aborted = false;
    const run = callActivity('tool', (_request, { signal }) => new Promise(() => signal.addEventListener('abort', () => (aborted = true))), host());
    const running = environment.run(run, { ref });
    environment.cancel();
    await expect(running).rejects.toBeInstanceOf(CancelledFailure);
    expect(aborted).toBe(true);
  });

  it('ends for good, and as no defect, when its run is over before it is told to stop', async () => {
    const logged: object[] = [];
    const note = (fields: object): void => void logged.push(fields);
    const shared = { ...host(), log: { warn: note, error: note } };
    const begun = Promise.withResolvers<void>();
    const run = callActivity('model', (_request, { signal }) => {
      begun.resolve();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    }, shared);
    const running = new MockActivityEnvironment().run(run, { ref });
    await begun.promise;
    shared.flights.endRun(ref);
    await expect(running).rejects.toMatchObject({ type: 'RUN_CANCELLED', nonRetryable: true, category: 'BENIGN' });
    expect(logged).toEqual([]);
  });

  it('fails with our code, retryable as the code says', async () => {
    const failing = (error: unknown): Promise<unknown> =>
      new MockActivityEnvironment().run(callActivity('model', () => Promise.reject(error), host()), { ref }).catch((thrown: unknown) => thrown);
    expect(await failing(new HoldfastError('MODEL_RATE_LIMITED', 'slow down', { retryAfterMs: 7_000 }))).toMatchObject({
      type: 'MODEL_RATE_LIMITED', nonRetryable: false, nextRetryDelay: 7_000, message: 'slow down', category: 'BENIGN',
    });
    expect(await failing(new HoldfastError('TOOL_UNAVAILABLE', 'starting', { retryAfterMs: 200 }))).toMatchObject({ type: 'TOOL_UNAVAILABLE', nonRetryable: false, nextRetryDelay: 250 });
    expect(await failing(new HoldfastError('MODEL_AUTH', 'no'))).toMatchObject({ type: 'MODEL_AUTH', nonRetryable: true });
  });

  it('waits longer from attempt to attempt, by chance up to a fifth more, and never less than it was asked to', async () => {
    const pause = async (attempt: number, chance: number, retryAfterMs?: number): Promise<unknown> => {
      const error = new HoldfastError('MODEL_UNAVAILABLE', 'away', retryAfterMs === undefined ? {} : { retryAfterMs });
      const run = callActivity('model', () => Promise.reject(error), host(chance));
      const failure: unknown = await new MockActivityEnvironment({ attempt }).run(run, { ref }).catch((thrown: unknown) => thrown);
      return (failure as { nextRetryDelay?: unknown }).nextRetryDelay;
    };
    expect([await pause(1, 0), await pause(3, 0), await pause(9, 0), await pause(3, 0.5)]).toEqual([250, 1_000, 10_000, 1_100]);
    expect([await pause(1, 0, 3_000), await pause(1, 0.5, 3_000)]).toEqual([3_000, 3_300]);
  });

  it('gives an attempt what is left of the time of all attempts', async () => {
    const given: number[] = [];
    const run = callActivity('tool', async (_request, { timeoutMs }) => void given.push(timeoutMs), host());
    const at = async (usedMs: number, totalMs: number): Promise<void> =>
      new MockActivityEnvironment({ scheduledTimestampMs: Date.now() - usedMs }).run(run, { ref, policy: { totalMs } }) as Promise<void>;
    await at(0, 5_000);
    await at(3_000, 5_000);
    await at(-60_000, 5_000);
    expect(given[0]).toBeGreaterThan(4_500);
    expect(given[1]).toBeLessThanOrEqual(2_000);
    expect(given[1]).toBeGreaterThan(1_500);
    expect(given[2]).toBe(5_000);
  });

  it('keeps what it did not expect out of the history and puts it into the log', async () => {
    const logged: object[] = [];
    const run = callActivity('model', () => Promise.reject(new Error('password=1234')), { ...host(), log: { ...log, error: (fields) => void logged.push(fields) } });
    const failure: unknown = await new MockActivityEnvironment().run(run, { ref }).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ type: 'INTERNAL', nonRetryable: true });
    expect(JSON.stringify(failure) + String((failure as Error).message)).not.toContain('1234');
    expect(logged).toHaveLength(1);
  });
});

describe('a call in the local lane', () => {
  const inLane = (isLocal: boolean): MockActivityEnvironment => new MockActivityEnvironment({ isLocal });

  it('wraps its answer', async () => {
    const run = callActivity('tool', () => Promise.resolve('done'), host());
    expect(await inLane(true).run(run, { ref })).toEqual({ answer: 'done', ms: expect.any(Number) });
  });

  it('is handed over when it takes long, and goes on for the normal lane to join', async () => {
    let made = 0;
    const run = callActivity('tool', () => ((made += 1), new Promise((resolve) => setTimeout(() => resolve(`done ${made}`), HANDOVER_MS + 300))), host());
    expect(await inLane(true).run(run, { ref })).toEqual({ handedOver: true });
    expect(await inLane(false).run(run, { ref })).toBe('done 1');
    expect(await inLane(false).run(run, { ref: { ...ref, callId: '0123456789abcdef-1' } })).toBe('done 2');
  });

  it('that was handed over is ended with its run, and that of another run is not', async () => {
    const shared = host();
    const aborted: string[] = [];
    const run = callActivity('tool', ({ ref: { runId } }, { signal }) => new Promise(() => signal.addEventListener('abort', () => aborted.push(runId))), shared);
    const begin = (runId: string, callId: string): Promise<unknown> => inLane(true).run(run, { ref: { ...ref, runId, callId } });
    expect(await Promise.all([begin('over', '0123456789abcdef-8'), begin('on', '0123456789abcdef-9')])).toEqual([{ handedOver: true }, { handedOver: true }]);
    shared.flights.endRun({ tenantId: '01900000-0000-7000-8000-00000000000b', runId: 'over' });
    expect(aborted).toEqual([]);
    shared.flights.endRun({ tenantId: ref.tenantId, runId: 'over' });
    expect([aborted, shared.flights.size]).toEqual([['over'], 1]);
    shared.flights.endRun({ tenantId: ref.tenantId, runId: 'on' });
  });

  it('is ended by a cancellation', async () => {
    const environment = inLane(true);
    let aborted = false;
    const shared = host();
    const run = callActivity('tool', (_request, { signal }) => new Promise(() => signal.addEventListener('abort', () => (aborted = true))), shared);
    const running = environment.run(run, { ref });
    environment.cancel();
    await expect(running).rejects.toBeInstanceOf(CancelledFailure);
    expect([aborted, shared.flights.size]).toEqual([true, 0]);
  });
});

describe('a call that takes a commit along', () => {
  const commit = { tenantId: ref.tenantId, threadId: 'th', runId: 'r', commit: 1, events: [], checkpoints: [] };
  const makes = async (call: () => Promise<unknown>, commitProgress: CallHost['commitProgress'], isLocal = true): Promise<unknown> => {
    const run = callActivity('tool', call, { ...host(), commitProgress });
    return new MockActivityEnvironment({ isLocal }).run(run, { ref, commit }).catch((thrown: unknown) => thrown);
  };

  it('answers when both are made, and makes them side by side', async () => {
    const order: string[] = [];
    const later = async (name: string, ms: number): Promise<void> => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, ms));
      order.push(name);
    };
    const answer = await makes(() => later('call', 10).then(() => 'done'), (batch) => later(`commit ${batch.commit}`, 80));
    expect(answer).toEqual({ answer: 'done', ms: expect.any(Number), committed: true });
    expect(order.slice(0, 2).sort()).toEqual(['call begins', 'commit 1 begins']);
    expect(order.slice(2)).toEqual(['call', 'commit 1']);
  });

  it('says nothing of a commit that failed, or is not made within the time of the lane', async () => {
    expect(await makes(() => Promise.resolve('done'), () => Promise.reject(new Error('fenced')))).toEqual({ answer: 'done', ms: expect.any(Number) });
    expect(await makes(() => Promise.resolve('done'), () => new Promise(() => undefined))).toEqual({ answer: 'done', ms: expect.any(Number) });
  });

  it('fails only when the commit is over', async () => {
    let committed = false;
    const slowly = (): Promise<void> => new Promise((resolve) => setTimeout(() => resolve(void (committed = true)), 50));
    expect(await makes(() => Promise.reject(new HoldfastError('TOOL_UNAVAILABLE', 'away')), slowly)).toMatchObject({ type: 'TOOL_UNAVAILABLE' });
    expect(committed).toBe(true);
  });

  it('shows the commit to no call', async () => {
    const seen: object[] = [];
    const run = callActivity('tool', async (request) => void seen.push(request), { ...host(), commitProgress: async () => undefined });
    await new MockActivityEnvironment({ isLocal: true }).run(run, { ref, commit });
    expect(seen).toEqual([{ ref }]);
  });
});

describe('failures at the border', () => {
  it('pass Temporal\'s own unchanged', () => {
    const own = ApplicationFailure.nonRetryable('x', 'RUN_FENCED');
    expect(toActivityFailure(own)).toBe(own);
    const cancelled = new CancelledFailure('x');
    expect(toActivityFailure(cancelled)).toBe(cancelled);
  });
});
