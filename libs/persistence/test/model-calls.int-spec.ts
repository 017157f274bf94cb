import { randomUUID } from 'node:crypto';
import { ModelCallsRepository, RunsRepository, ThreadsRepository } from '../src/index';
import { aRun, aTenant, Fixture } from './support';

const db = new Fixture();
const calls = new ModelCallsRepository(db.worker);
const runs = new RunsRepository(db.gateway);
const threads = new ThreadsRepository(db.gateway);
afterAll(() => db.close());

const claimOf = (runId: string) => ({ originRunId: runId, callId: '0123456789abcdef-0', runId, requestSha256: 'a', owner: 'test' });

describe('the ledger of model calls', () => {
  it('gives each attempt the next fence, and the reply to whoever comes after', async () => {
    const { scope } = await aTenant();
    const claim = claimOf(randomUUID());
    expect(await calls.claim(scope, claim)).toEqual({ kind: 'claimed', fence: 1, repeated: false, changed: false });
    expect(await calls.claim(scope, claim)).toEqual({ kind: 'claimed', fence: 2, repeated: true, changed: false });
    await calls.release(scope, claim, 1);
    await calls.release(scope, claim, 2);
    expect(await calls.claim(scope, { ...claim, requestSha256: 'b' })).toEqual({ kind: 'claimed', fence: 3, repeated: false, changed: true });
    expect(await calls.finish(scope, claim, 3, '{"a":1}')).toBe('{"a":1}');
    expect(await calls.finish(scope, claim, 2, '{"a":2}')).toBe('{"a":1}');
    expect(await calls.claim(scope, { ...claim, requestSha256: 'b' })).toEqual({ kind: 'finished', reply: '{"a":1}' });
  });

  it('lets one of many claims of the same moment be the first', async () => {
    const { scope } = await aTenant();
    const claim = claimOf(randomUUID());
    const claims = await Promise.all(Array.from({ length: 8 }, () => calls.claim(scope, claim)));
    expect(claims.map((claimed) => (claimed.kind === 'claimed' ? claimed.fence : 0)).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await expect(calls.finish(scope, claim, 7, '{}')).rejects.toMatchObject({ code: 'CALL_FENCED' });
  });

  it('is forgotten with the run', async () => {
    const { scope } = await aTenant();
    const run = aRun();
    await runs.createRun(scope, run);
    await calls.claim(scope, claimOf(run.runId));
    const kept = claimOf(randomUUID());
    await calls.claim(scope, kept);
    await threads.delete(scope, run.threadId);
    expect(await calls.claim(scope, kept)).toMatchObject({ fence: 2 });
    expect(await calls.claim(scope, claimOf(run.runId))).toMatchObject({ fence: 1 });
  });
});

describe('claims and ends of one moment', () => {
  it('share statements, and each gets its own answer', async () => {
    const { scope } = await aTenant();
    const names: string[] = [];
    const counting = new ModelCallsRepository(
      new Proxy(db.worker, {
        get: (target, key) =>
          key === 'callTenant'
            ? (...args: Parameters<typeof target.callTenant>) => (names.push(args[1].name), target.callTenant(...args))
            : (Reflect.get(target, key) as unknown),
      }),
    );
    const claims = Array.from({ length: 50 }, (_, i) => ({ ...claimOf(randomUUID()), callId: `call-${i}` }));
    const claimed = await Promise.all(claims.map((claim) => counting.claim(scope, claim)));
    expect(claimed).toEqual(claims.map(() => ({ kind: 'claimed', fence: 1, repeated: false, changed: false })));
    const unknown = { originRunId: randomUUID(), callId: 'never claimed' };
    const [fenced, ...ends] = await Promise.allSettled([counting.finish(scope, unknown, 1, '{}'), ...claims.map((claim, i) => counting.finish(scope, claim, 1, `{"i":${i}}`))]);
    expect(fenced).toMatchObject({ status: 'rejected', reason: { code: 'CALL_FENCED' } });
    expect(ends).toEqual(claims.map((_, i) => ({ status: 'fulfilled', value: `{"i":${i}}` })));
    // the first one at once, the others together
    expect(names).toEqual(['claim_model_calls', 'claim_model_calls', 'finish_model_calls', 'finish_model_calls']);
  });
});
