import { HoldfastError } from '@holdfast/contracts/errors';
import type { ToolCallRecord } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { CallRecorder, type RecordWriter } from './call-recorder';
import { DatabaseGate } from './database-gate';

const ctx = (tenantId = 'a'): TenantContext => ({ tenantId, principalId: 'p', roles: [], requestId: 'r' });
const row = (call_id: string, status: 'ok' | 'error' = 'ok'): ToolCallRecord => ({
  run_id: 'run',
  call_id,
  server: 's',
  tool: 't',
  effect: 'read',
  status,
  duration_ms: 1,
  bytes: 1,
  arguments_sha256: '',
});
const away = new HoldfastError('DEPENDENCY_UNAVAILABLE', 'away');

describe('DatabaseGate', () => {
  let clock = 0;
  let pings = 0;
  let answer: () => Promise<void>;
  let gate: DatabaseGate;
  beforeEach(() => {
    clock = 0;
    pings = 0;
    answer = async () => undefined;
    gate = new DatabaseGate({ now: () => clock, timeoutMs: 50, ping: () => ((pings += 1), answer()) });
  });

  it('asks once, then counts on the answer for a second, and on every proof', async () => {
    await Promise.all([gate.assertAvailable(), gate.assertAvailable()]);
    clock = 999;
    await gate.assertAvailable();
    expect(pings).toBe(1);
    clock = 1_000;
    await gate.assertAvailable();
    expect(pings).toBe(2);
    clock = 1_900;
    gate.prove();
    clock = 2_800;
    await gate.assertAvailable();
    expect(pings).toBe(2);
  });

  it('asks again after a doubt and always when a call may not be repeated', async () => {
    gate.prove();
    await gate.assertAvailable(true);
    expect(pings).toBe(1);
    gate.doubt();
    await gate.assertAvailable();
    expect(pings).toBe(2);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('ECONNREFUSED'))],
    ['hangs', () => new Promise<void>(() => undefined)],
  ])('says no when the database %s, and yes again when it is back', async (_, failing) => {
    answer = failing;
    await expect(gate.assertAvailable()).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
    answer = async () => undefined;
    await gate.assertAvailable();
  });
});

describe('CallRecorder', () => {
  function setUp(write: RecordWriter['record']) {
    const batches: { tenant: string; calls: readonly ToolCallRecord[] }[] = [];
    const gate = new DatabaseGate({ ping: () => Promise.reject(new Error('away')) });
    const recorder = new CallRecorder({ record: (c, calls) => (batches.push({ tenant: c.tenantId, calls }), write(c, calls)) }, gate);
    return { batches, gate, recorder };
  }

  it('writes the first at once and gathers the rest while that is under way, per tenant', async () => {
    const { batches, recorder } = setUp(() => new Promise((resolve) => setTimeout(resolve, 20)));
    await Promise.all([...['1', '2', '3'].map((id) => recorder.record(ctx(), row(id))), recorder.record(ctx('b'), row('4'))]);
    expect(batches.map(({ tenant, calls }) => [tenant, calls.map((call) => call.call_id)])).toEqual([
      ['a', ['1']],
      ['b', ['4']],
      ['a', ['2', '3']],
    ]);
  });

  it('is a proof when it succeeds and a doubt when the database is away; later records are written again', async () => {
    let failing = false;
    const { gate, recorder } = setUp(() => (failing ? Promise.reject(away) : Promise.resolve()));
    await recorder.record(ctx(), row('1'));
    await gate.assertAvailable();
    failing = true;
    await expect(recorder.record(ctx(), row('2'))).rejects.toBe(away);
    await expect(gate.assertAvailable()).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    failing = false;
    await recorder.record(ctx(), row('3'));
  });

  it('tries again to record an effect, after pauses that outlast a refused connection', async () => {
    const tries: number[] = [];
    const { recorder } = setUp(() => (tries.push(performance.now()), tries.length < 4 ? Promise.reject(away) : Promise.resolve()));
    await recorder.recordEffect(ctx(), row('1'), 5_000);
    const pauses = tries.slice(1).map((at, i) => at - (tries[i] ?? 0));
    // Each is between half and the whole of 100, 200, 400 ms; timers may fire a millisecond early.
    pauses.forEach((pause, i) => expect(pause).toBeGreaterThan(50 * 2 ** i - 2));
    expect(tries).toHaveLength(4);
  });

  it.each([
    ['refuses', 'DEPENDENCY_UNAVAILABLE', () => Promise.reject(away)],
    ['hangs', 'DEADLINE_EXCEEDED', () => new Promise<void>(() => undefined)],
  ])('lets the answer of an effect go in time when the database %s', async (_, code, write) => {
    const { recorder } = setUp(write);
    const begun = performance.now();
    await expect(recorder.recordEffect(ctx(), row('1'), 120)).rejects.toMatchObject({ code });
    expect(performance.now() - begun).toBeGreaterThan(100);
    expect(performance.now() - begun).toBeLessThan(600);
  });

  it('does not try again what will never be stored', async () => {
    const { batches, recorder } = setUp(() => Promise.reject(new HoldfastError('INVALID_ARGUMENT', 'no')));
    await expect(recorder.recordEffect(ctx(), row('1'), 5_000)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(batches).toHaveLength(1);
  });
});
