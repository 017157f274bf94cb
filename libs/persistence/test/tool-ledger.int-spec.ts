import fc from 'fast-check';
import { v7 } from 'uuid';
import { EFFECT_CLASSES } from '@holdfast/contracts/tools';
import { ToolCallsRepository, ToolRoutersRepository, type TenantScope, type ToolCallClaim, type ToolCallEnd } from '../src/index';
import { LedgerModel } from './ledger-model';
import { asOwner, aTenant, Fixture } from './support';

const db = new Fixture();
const tools = db.open('TOOLS');
const calls = new ToolCallsRepository(tools);
const routers = new ToolRoutersRepository(tools);
const UNKNOWN = '{"text":"who knows"}';
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

let numbers = 0;
const aClaim = (over: Partial<ToolCallClaim> = {}): ToolCallClaim => ({
  claim_no: (numbers += 1), run_id: v7(), call_id: 'c', server: 's', tool: 't', effect: 'read', arguments_sha256: 'x', ...over,
});
const anEnd = (claim: ToolCallClaim, over: Partial<ToolCallEnd> = {}): ToolCallEnd => ({
  claim_no: claim.claim_no, run_id: claim.run_id, call_id: claim.call_id, status: 'ok', duration_ms: 1.25, bytes: 3, truncated: false, result: '"r"', lost: false, ...over,
});
const again = (claim: ToolCallClaim, over: Partial<ToolCallClaim> = {}): ToolCallClaim => ({ ...claim, claim_no: (numbers += 1), ...over });

async function aRouter(leaseMs = 60_000): Promise<string> {
  const router = v7();
  await routers.renew(router, leaseMs);
  return router;
}
const claimOne = async (router: string, claim: ToolCallClaim) => (await calls.claim(scope, router, [claim], UNKNOWN))[0];
const endOne = async (router: string, end: ToolCallEnd) => (await calls.end(scope, router, [end]))[0];

describe('a claim', () => {
  it('is given once, and its outcome to everybody after, as it was stored', async () => {
    const [a, b] = [await aRouter(), await aRouter()];
    const claim = aClaim();
    expect(await claimOne(a, claim)).toMatchObject({ kind: 'claimed', fence: 1, repeated: false });
    expect(await claimOne(b, again(claim))).toMatchObject({ kind: 'in-flight', retry_after_ms: expect.any(Number) });
    const result = JSON.stringify({ text: 'a\u0000ü😀\ud800', content: [] });
    expect(await endOne(a, anEnd(claim, { result, truncated: true, status: 'error', code: 'TOOL_FAILED' }))).toMatchObject({ kind: 'ended' });
    const stored = {
      outcome: { status: 'error', code: 'TOOL_FAILED', server: 's', tool: 't', effect: 'read', duration_ms: 1.25, bytes: 3, truncated: true, arguments_sha256: 'x' },
      result,
    };
    for (const router of [a, b]) expect(await claimOne(router, again(claim))).toEqual({ claim_no: numbers, kind: 'finished', stored });
    expect(await calls.list(scope, claim.run_id)).toMatchObject([{ status: 'error', fence: 1, lost_claims: 0 }]);
  });

  it('is given to one of many who come at once, each with a statement full of the same calls in another order', async () => {
    const run_id = v7();
    const all = Array.from({ length: 20 }, (_, i) => String(i));
    const rounds = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const router = await aRouter();
        const ids = i % 2 ? all : [...all].reverse();
        return calls.claim(scope, router, ids.map((call_id) => aClaim({ run_id, call_id })), UNKNOWN);
      }),
    );
    expect(rounds.flat().filter(({ kind }) => kind === 'claimed')).toHaveLength(20);
    expect(rounds.flat().filter(({ kind }) => kind === 'in-flight')).toHaveLength(140);
  });

  it('is not given under the id of another call', async () => {
    const a = await aRouter();
    const claim = aClaim();
    await claimOne(a, claim);
    for (const other of [{ tool: 'u' }, { server: 'z' }, { arguments_sha256: 'y' }]) {
      expect(await claimOne(a, again(claim, other))).toMatchObject({ kind: 'conflict', server: 's', tool: 't' });
    }
    await endOne(a, anEnd(claim));
    expect(await claimOne(a, again(claim, { tool: 'u' }))).toMatchObject({ kind: 'conflict' });
  });

  it('is not given to a router whose lease has lapsed or that never had one', async () => {
    const lapsed = await aRouter(0);
    expect(await claimOne(lapsed, aClaim())).toMatchObject({ kind: 'lapsed' });
    expect(await claimOne(v7(), aClaim())).toMatchObject({ kind: 'lapsed' });
    await routers.renew(lapsed, 60_000);
    expect(await claimOne(lapsed, aClaim())).toMatchObject({ kind: 'claimed' });
  });

  it('without an answer passes to its router’s next one, and a statement that comes late changes nothing', async () => {
    const a = await aRouter();
    const unheard = aClaim({ effect: 'irreversible' });
    await claimOne(a, unheard);
    const next = again(unheard);
    expect(await claimOne(a, next)).toMatchObject({ kind: 'claimed', repeated: false });
    expect(await claimOne(a, unheard)).toMatchObject({ kind: 'in-flight' });
    expect(await endOne(a, anEnd(unheard, { status: 'open' }))).toMatchObject({ kind: 'fenced' });
    expect(await endOne(a, anEnd(next))).toMatchObject({ kind: 'ended' });
  });
});

describe('a router that is gone', () => {
  it.each(EFFECT_CLASSES)('leaves a call of class %s to others as that class says, and its late result to nobody', async (effect) => {
    const [a, b] = [await aRouter(), await aRouter()];
    const claim = aClaim({ effect });
    await claimOne(a, claim);
    await routers.renew(a, 0);
    const taken = again(claim);
    const reply = await claimOne(b, taken);
    const late = await endOne(a, anEnd(claim, { result: '"late"' }));
    if (effect === 'read' || effect === 'idempotent') {
      expect(reply).toMatchObject({ kind: 'claimed', fence: 2, repeated: true });
      expect(late).toEqual({ claim_no: claim.claim_no, kind: 'fenced', stored: undefined });
      await endOne(b, anEnd(taken));
      expect(await claimOne(b, again(claim))).toMatchObject({ kind: 'finished', stored: { outcome: { status: 'ok', repeated: true }, result: '"r"' } });
    } else {
      const unknown = { outcome: { status: 'error', code: 'TOOL_OUTCOME_UNKNOWN', effect }, result: UNKNOWN };
      expect(reply).toMatchObject({ kind: 'unknown', stored: unknown });
      expect(late).toMatchObject({ kind: 'fenced', stored: unknown });
      await routers.renew(a, 60_000);
      expect(await claimOne(a, again(claim))).toMatchObject({ kind: 'finished', stored: unknown });
    }
  });

  it('is as dead when it said goodbye', async () => {
    const [a, b] = [await aRouter(), await aRouter()];
    const claim = aClaim();
    await claimOne(a, claim);
    await routers.end(a);
    expect(await claimOne(b, again(claim))).toMatchObject({ kind: 'claimed', repeated: true });
  });

  it('is forgotten after a day', async () => {
    const old = await aRouter();
    await asOwner((owner) => owner.query(`UPDATE tools.routers SET alive_until = now() - interval '25 hours' WHERE router_id = $1`, [old]));
    await aRouter();
    const known = await asOwner((owner) => owner.query('SELECT FROM tools.routers WHERE router_id = $1', [old]));
    expect(known.rowCount).toBe(0);
  });
});

describe('an end', () => {
  it('that was stored before is harmless', async () => {
    const a = await aRouter();
    const claim = aClaim();
    await claimOne(a, claim);
    for (const result of ['"first"', '"second"']) expect(await endOne(a, anEnd(claim, { result }))).toMatchObject({ kind: 'ended' });
    expect(await claimOne(a, again(claim))).toMatchObject({ kind: 'finished', stored: { result: '"first"' } });
    expect(await endOne(a, anEnd(aClaim()))).toMatchObject({ kind: 'ended' });
  });

  it('without an outcome lets a repeat call, which is told when the tool may have been called before', async () => {
    const a = await aRouter();
    let claim = aClaim();
    for (const [status, lost, isRepeat] of [['open', false, false], ['refused', false, false], ['open', true, true], ['open', false, true]] as const) {
      await claimOne(a, claim);
      await endOne(a, anEnd(claim, { status, lost, result: undefined }));
      claim = again(claim);
      expect(await claimOne(a, claim)).toMatchObject({ kind: 'claimed', repeated: isRepeat });
    }
  });
});

describe('a refusal', () => {
  const refusal = (claim: ToolCallClaim, code: string) => ({ ...claim, server: 'none', tool: 'x', code, duration_ms: 1 });

  it('is recorded, binds nothing, and leaves a call alone', async () => {
    const a = await aRouter();
    const claim = aClaim();
    await calls.refuse(scope, [refusal(claim, 'TOOL_UNKNOWN')]);
    await calls.refuse(scope, [refusal(claim, 'TOOL_NOT_PERMITTED')]);
    expect(await calls.list(scope, claim.run_id)).toMatchObject([{ status: 'refused', code: 'TOOL_NOT_PERMITTED', fence: 0 }]);
    expect(await claimOne(a, claim)).toMatchObject({ kind: 'claimed', repeated: false });
    await calls.refuse(scope, [refusal(claim, 'TOOL_NOT_PERMITTED')]);
    expect(await calls.list(scope, claim.run_id)).toMatchObject([{ status: 'claimed', server: 's', tool: 't', code: undefined }]);
    await endOne(a, anEnd(claim));
    await calls.refuse(scope, [refusal(claim, 'TOOL_NOT_PERMITTED')]);
    expect(await calls.list(scope, claim.run_id)).toMatchObject([{ status: 'ok' }]);
  });
});

// A step of the machine. Ends name one of the claims made so far, also one that is long over.
type Step =
  | { readonly do: 'claim'; readonly router: number; readonly call: number; readonly tool: string; readonly effect: (typeof EFFECT_CLASSES)[number]; readonly isLate: boolean }
  | { readonly do: 'end'; readonly which: number; readonly status: ToolCallEnd['status']; readonly lost: boolean }
  | { readonly do: 'die' | 'renew'; readonly router: number };
const router = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({
    do: fc.constant('claim' as const), router, call: fc.nat(1), tool: fc.constantFrom('t', 't', 't', 't', 't', 'u'), effect: fc.constantFrom(...EFFECT_CLASSES), isLate: fc.nat(9).map((n) => n === 0),
  }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat(), status: fc.constantFrom('ok', 'error', 'refused', 'open'), lost: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('die' as const, 'renew' as const), router }) },
);

describe('any order of claims, ends, deaths and returns', () => {
  it('is answered as the model says: one claim at a time, outcomes for ever, no silent repeat', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const ids = await Promise.all([0, 1, 2].map(() => aRouter()));
        const model = new LedgerModel();
        ids.forEach((id) => model.alive.add(id));
        const run_id = v7();
        const made: { router: string; claim: ToolCallClaim }[] = [];
        const finals = new Map<string, unknown>();
        for (const s of steps) {
          if (s.do === 'claim') {
            const holder = ids[s.router] ?? '';
            const late = s.isLate ? made.findLast(({ router: r }) => r === holder)?.claim : undefined;
            const claim = late ?? aClaim({ run_id, call_id: String(s.call), tool: s.tool, effect: s.effect });
            const reply = await claimOne(holder, claim);
            expect(reply).toMatchObject(model.claim(holder, claim, UNKNOWN));
            made.push({ router: holder, claim });
            const kind = reply?.kind === 'claimed' && reply.repeated ? 'repeated' : String(reply?.kind);
            seen.set(kind, (seen.get(kind) ?? 0) + 1);
            if (reply?.kind === 'finished' || reply?.kind === 'unknown') {
              // Whatever happens, an outcome that was told once stays.
              expect(finals.get(claim.call_id) ?? reply.stored).toEqual(reply.stored);
              finals.set(claim.call_id, reply.stored);
            }
          } else if (s.do === 'end') {
            const picked = made[s.which % Math.max(1, made.length)];
            if (picked === undefined) continue;
            const isFinal = s.status === 'ok' || s.status === 'error';
            const end = anEnd(picked.claim, { status: s.status, lost: s.lost && s.status === 'open', result: isFinal ? `"${picked.claim.claim_no}"` : undefined });
            const reply = await endOne(picked.router, end);
            expect(reply).toMatchObject(model.end(picked.router, end));
            seen.set(String(reply?.kind), (seen.get(String(reply?.kind)) ?? 0) + 1);
          } else {
            const id = ids[s.router] ?? '';
            await routers.renew(id, s.do === 'die' ? 0 : 60_000);
            if (s.do === 'die') model.alive.delete(id);
            else model.alive.add(id);
          }
        }
      }),
      { numRuns: 100 },
    );
    // The orders met everything that can be answered.
    expect(new Set(seen.keys())).toEqual(new Set(['claimed', 'repeated', 'finished', 'unknown', 'in-flight', 'conflict', 'lapsed', 'ended', 'fenced']));
  }, 120_000);
});
