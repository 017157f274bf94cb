import { HoldfastError } from '@holdfast/contracts/errors';
import type { EffectClass } from '@holdfast/contracts/tools';
import { eventually } from '@holdfast/testing';
import { InMemoryLedgerStore } from '../../test/in-memory-ledger-store';
import { textAnswer, answer, type CallScope } from '../pipeline/tool-answer';
import type { CallEnd } from './call-end';
import { CallLedger, type LedgerCall } from './call-ledger';
import { RouterLease } from './router-lease';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const ctx = { tenantId: 'a', principalId: 'p', roles: [], requestId: 'r' };
const away = new HoldfastError('DEPENDENCY_UNAVAILABLE', 'away');
const aCall = (over: Partial<LedgerCall> = {}): LedgerCall => ({ run_id: 'run', call_id: '1', server: 's', tool: 't', effect: 'read', arguments_sha256: 'x', ...over });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let store: InMemoryLedgerStore;
let events: string[];
let unrecorded: number;
let renew: () => Promise<void>;
const open: CallLedger[] = [];

beforeEach(() => {
  store = new InMemoryLedgerStore();
  events = [];
  unrecorded = 0;
  renew = async () => undefined;
});
afterEach(async () => {
  for (const ledger of open.splice(0)) await ledger.close(0);
});

function aLedger(routerId = 'r1'): CallLedger {
  const lease = new RouterLease({ store: { renew: () => renew(), end: async () => undefined }, routerId, leaseMs: 60_000, log: silent });
  const ledger = new CallLedger({ store, lease, metrics: { ledger: (event) => void events.push(event), unrecorded: () => void (unrecorded += 1) }, log: silent });
  open.push(ledger);
  return ledger;
}
function aScope(forMs = 10_000): CallScope & { controller: AbortController } {
  const controller = new AbortController();
  return { controller, signal: controller.signal, deadline: performance.now() + forMs };
}
function finished(text: string, effect: EffectClass = 'read'): CallEnd {
  const subject = { tool: { server: 's', tool: 't', settings: { effect } }, argumentsSha256: 'x', startedAt: performance.now() };
  const block = { type: 'text', text };
  return { kind: 'finished', answer: answer(subject, { status: 'ok', text, content: [block], structured: { text }, bytes: 3, truncated: false, cached: false }) };
}
/** A tool that counts its calls. */
function aTool(end: () => CallEnd | Promise<CallEnd> = () => finished('done')) {
  const tool = { calls: 0, perform: async (_: CallScope): Promise<CallEnd> => ((tool.calls += 1), end()) };
  return tool;
}

describe('a call', () => {
  it('is made once; who asks again gets what was stored, here and elsewhere', async () => {
    const tool = aTool();
    const [here, elsewhere] = [aLedger(), aLedger('r2')];
    const first = await here.once(ctx, aCall(), aScope(), tool.perform);
    expect(first).toMatchObject({ text: 'done', replayed: false });
    for (const ledger of [here, elsewhere]) expect(await ledger.once(ctx, aCall(), aScope(), tool.perform)).toEqual({ ...first, replayed: true });
    expect(tool.calls).toBe(1);
    expect(events).toEqual(['replayed', 'replayed']);
  });

  it('is joined while it is under way, and not by another call under its id', async () => {
    const tool = aTool(async () => (await pause(20), finished('done')));
    const ledger = aLedger();
    const answers = Promise.all([0, 1, 2].map(() => ledger.once(ctx, aCall(), aScope(), tool.perform)));
    await expect(ledger.once(ctx, aCall({ arguments_sha256: 'y' }), aScope(), tool.perform)).rejects.toMatchObject({ code: 'CALL_CONFLICT', retryable: false });
    await expect(ledger.once(ctx, aCall({ tool: 'u' }), aScope(), tool.perform)).rejects.toMatchObject({ message: expect.stringContaining('of the tool t') });
    expect((await answers).map(({ text }) => text)).toEqual(['done', 'done', 'done']);
    expect(tool.calls).toBe(1);
    expect(events).toEqual(['joined', 'joined', 'conflict', 'conflict']);
  });

  it('is not made for who only asks what became of it', async () => {
    const tool = aTool(async () => (await pause(20), finished('done')));
    const ledger = aLedger();
    await expect(ledger.settle(ctx, aCall(), aScope())).rejects.toMatchObject({ code: 'NOT_FOUND', retryable: false });
    const asking = ledger.settle(ctx, aCall(), aScope());
    asking.catch(() => undefined);
    // Who wants it made must not hear that nobody knows of it.
    await expect(ledger.once(ctx, aCall(), aScope(), tool.perform)).rejects.toMatchObject({ code: 'TOOL_CALL_IN_FLIGHT', retryable: true });
    await expect(asking).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(tool.calls).toBe(0);
    const made = await eventually('the question is over', () => ledger.once(ctx, aCall(), aScope(), tool.perform).catch(() => undefined));
    expect(made).toMatchObject({ text: 'done', replayed: false });
    expect(made.outcome).not.toHaveProperty('repeated');
    expect(await ledger.settle(ctx, aCall(), aScope())).toEqual({ ...made, replayed: true });
    expect([tool.calls, events]).toEqual([1, ['replayed']]);
  });

  it('under way in another router is to be asked for later', async () => {
    const tool = aTool(() => pause(30).then(() => finished('done')));
    const pending = aLedger().once(ctx, aCall(), aScope(), tool.perform);
    await pause(5);
    await expect(aLedger('r2').once(ctx, aCall(), aScope(), tool.perform)).rejects.toMatchObject({ code: 'TOOL_CALL_IN_FLIGHT', retryable: true, retryAfterMs: 7 });
    await pending;
    expect(tool.calls).toBe(1);
  });

  it('is not made by a router that cannot renew its lease', async () => {
    renew = () => Promise.reject(new Error('ECONNREFUSED'));
    const tool = aTool();
    const ledger = aLedger();
    await expect(ledger.once(ctx, aCall(), aScope(), tool.perform)).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
    expect(() => ledger.assertMayCall()).toThrow(expect.objectContaining({ code: 'DEPENDENCY_UNAVAILABLE' }));
    expect([tool.calls, store.rows.size]).toEqual([0, 0]);
  });

  it('is not made when nobody waits any more once it is claimed', async () => {
    store.weather = () => pause(20);
    const tool = aTool();
    const scope = aScope();
    const pending = aLedger().once(ctx, aCall(), scope, tool.perform);
    scope.controller.abort();
    await expect(pending).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    for (let i = 0; i < 200 && store.rows.get('run 1')?.status !== 'open'; i += 1) await pause(10);
    expect([tool.calls, store.rows.get('run 1')?.status]).toEqual([0, 'open']);
  });
});

describe('an attempt without an outcome', () => {
  const busy = new HoldfastError('TOOL_BUSY', 'busy');

  it('that reached nothing is no attempt', async () => {
    const tool = aTool(() => (tool.calls === 1 ? { kind: 'released', error: busy } : finished('done')));
    const ledger = aLedger();
    await expect(ledger.once(ctx, aCall(), aScope(), tool.perform)).rejects.toBe(busy);
    expect((await ledger.once(ctx, aCall(), aScope(), tool.perform)).outcome).not.toHaveProperty('repeated');
    expect(events).toEqual([]);
  });

  it('that may have reached the tool makes the next one a repeat, which says so', async () => {
    const tool = aTool(() => (tool.calls === 1 ? { kind: 'lost', error: busy } : finished('done')));
    const ledger = aLedger();
    await expect(ledger.once(ctx, aCall(), aScope(), tool.perform)).rejects.toBe(busy);
    const second = await ledger.once(ctx, aCall(), aScope(), tool.perform);
    expect(second.outcome).toMatchObject({ status: 'ok', repeated: true });
    expect(await ledger.once(ctx, aCall(), aScope(), tool.perform)).toEqual({ ...second, replayed: true });
    expect(events).toEqual(['lost', 'repeated', 'replayed']);
  });

  it('that was refused is decided anew', async () => {
    const subject = { tool: { server: 's', tool: 't', settings: { effect: 'read' as const } }, argumentsSha256: 'x', startedAt: 0 };
    const tool = aTool(() => (tool.calls === 1 ? { kind: 'refused', answer: textAnswer(subject, 'refused', 'TOOL_CIRCUIT_OPEN', 'no') } : finished('done')));
    const ledger = aLedger();
    expect((await ledger.once(ctx, aCall(), aScope(), tool.perform)).outcome.status).toBe('refused');
    expect((await ledger.once(ctx, aCall(), aScope(), tool.perform)).outcome.status).toBe('ok');
  });
});

describe('a zombie', () => {
  it.each([
    ['gets the outcome that stands instead of its own', true],
    ['is told to ask again while the call is under way elsewhere', false],
  ])('%s', async (_, isFinished) => {
    const zombie = aTool(async () => {
      const row = store.rows.get('run 1');
      if (row === undefined) throw new Error('not claimed');
      row.holder = 'r2';
      if (isFinished) row.stored = { outcome: { ...(finished('x') as { answer: { outcome: object } }).answer.outcome, status: 'ok' } as never, result: '{"text":"of another"}' };
      return finished('mine');
    });
    const asked = aLedger().once(ctx, aCall(), aScope(), zombie.perform);
    if (isFinished) expect(await asked).toMatchObject({ text: 'of another', replayed: true });
    else await expect(asked).rejects.toMatchObject({ code: 'TOOL_CALL_IN_FLIGHT', retryable: true });
    expect(events).toEqual(['fenced']);
  });
});

describe('while PostgreSQL is away', () => {
  it('nothing is called, and a claim that may have been stored is given back', async () => {
    let isAway = true;
    store.weather = async () => (isAway ? Promise.reject(away) : undefined);
    const tool = aTool();
    const ledger = aLedger();
    await expect(ledger.once(ctx, aCall(), aScope(), tool.perform)).rejects.toBe(away);
    // As if it had been stored although its answer was lost.
    store.rows.set('run 1', { ...aCall(), claim_no: 1, status: 'claimed', holder: 'r1', fence: 1, lost: 0 });
    isAway = false;
    await pause(300);
    expect(store.rows.get('run 1')?.status).toBe('open');
    expect((await ledger.once(ctx, aCall(), aScope(), tool.perform)).outcome).not.toHaveProperty('repeated');
    expect(tool.calls).toBe(1);
  });

  it('an outcome is kept and stored when it is back, however often it is asked for in the meantime', async () => {
    let isAway = false;
    store.weather = async () => (isAway ? Promise.reject(away) : undefined);
    const tool = aTool(() => ((isAway = true), finished('paid', 'irreversible')));
    const ledger = aLedger();
    const call = aCall({ effect: 'irreversible' });
    const pending = ledger.once(ctx, call, aScope(), tool.perform);
    await pause(50);
    const asked = ledger.once(ctx, call, aScope(), tool.perform);
    isAway = false;
    expect([(await pending).text, (await asked).text, store.rows.get('run 1')?.status]).toEqual(['paid', 'paid', 'ok']);
    expect([tool.calls, unrecorded]).toEqual([1, 0]);
  });

  it.each([
    ['irreversible' as const, 'is answered in time and goes on being stored'],
    ['read' as const, 'is withheld, with an error that may be retried'],
  ])('the outcome of a call that is %s %s', async (effect, _) => {
    let isAway = false;
    store.weather = async () => (isAway ? Promise.reject(away) : undefined);
    const tool = aTool(() => ((isAway = true), finished('done', effect)));
    const ledger = aLedger();
    const call = aCall({ effect });
    const begun = performance.now();
    const asked = ledger.once(ctx, call, aScope(250), tool.perform);
    if (effect === 'read') await expect(asked).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
    else expect((await asked).text).toBe('done');
    expect(performance.now() - begun).toBeLessThan(250);
    expect(unrecorded).toBe(effect === 'read' ? 0 : 1);
    isAway = false;
    await ledger.close(5_000);
    expect(store.rows.get('run 1')?.status).toBe('ok');
    // Whoever asks again gets it, and the tool is not called again.
    expect(await ledger.once(ctx, call, aScope(), tool.perform)).toMatchObject({ text: 'done', replayed: true });
    expect(tool.calls).toBe(1);
  });

  it('calls are refused above a bound', async () => {
    store.weather = () => pause(50);
    const ledger = aLedger();
    const tool = aTool();
    const all = Array.from({ length: 5_000 }, (_, i) => ledger.once(ctx, aCall({ call_id: String(i) }), aScope(), tool.perform));
    await expect(ledger.once(ctx, aCall({ call_id: 'one more' }), aScope(), tool.perform)).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
    await Promise.all(all);
  }, 30_000);
});
