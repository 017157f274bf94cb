import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { createDatabase, type Database } from '@holdfast/persistence';
import { eventually } from '@holdfast/testing';
import { need } from './fixtures';
import { aCall, aContext } from './router-under-test';
import { TwoRouters } from './two-routers';

// Above every wait inside a test: one that Jest gives up goes on in the background and disturbs the next.
jest.setTimeout(60_000);

let routers: TwoRouters;
let tables: Database;
beforeAll(async () => {
  routers = await TwoRouters.start();
  tables = createDatabase({ url: need('DATABASE_URL_TOOLS'), maxConnections: 2, applicationName: 'tool-router-test' });
});
afterAll(async () => {
  await routers.stop();
  await tables.close();
});

/** Longer than any step of a test takes; it ends by `answer`, or with its caller. Shorter than the tool's time limit. */
const HELD_MS = 18_000;

const aWrite = (effect: string, delayMs = 0) => {
  const key = randomUUID();
  return { key, call: aCall(`write__${effect}`, { key, delay_ms: delayMs }) };
};
const timesOf = async (key: string): Promise<number> => (await routers.write.calls())[key] ?? 0;
const arrived = (key: string): Promise<true> => eventually('the call arrived', async () => (await timesOf(key)) > 0);
/** As if the router that makes the run's call had not been heard of for a while; it recovers with its next sign of life. */
const loseSight = (ctx: ReturnType<typeof aContext>, runId: string): Promise<unknown> =>
  tables.withTenant(ctx, (tx) => tx.query('UPDATE tools.routers SET alive_until = now() WHERE router_id IN (SELECT router_id FROM tools.tool_calls WHERE run_id = $1)', [runId]));
const living = async (): Promise<number> => (await tables.system('count', (sql) => sql.query('SELECT router_id FROM tools.routers WHERE alive_until > now()'))).length;
const stateOf = async (ctx: ReturnType<typeof aContext>, runId: string): Promise<unknown> =>
  (await tables.withTenant(ctx, (tx) => tx.query('SELECT status, code, fence, lost_claims FROM tools.tool_calls WHERE run_id = $1', [runId])))[0];

describe('a finished call', () => {
  it('is never made again, and its answer is the same byte for byte', async () => {
    const ctx = aContext();
    for (const name of ['recording__read', 'recording__kept']) {
      const call = aCall(name, { mode: 'x' });
      const { replayed, ...first } = await routers.one.client.callTool(ctx, call, { withContent: true });
      expect(replayed).toBe(false);
      expect(first).toMatchObject({ structured: { n: 1 }, content: [{ type: 'text' }] });
      const before = routers.recording.calls.length;
      for (const { client } of [routers.one, routers.other]) expect(await client.callTool(ctx, call, { withContent: true })).toEqual({ ...first, replayed: true });
      expect(routers.recording.calls.length).toBe(before);
    }
  });

  it('stays finished when its tool said no', async () => {
    const ctx = aContext();
    const call = aCall('recording__read', { mode: 'rpc-error' });
    const first = await routers.one.client.callTool(ctx, call);
    expect(first.outcome).toMatchObject({ status: 'error', code: 'TOOL_FAILED' });
    expect(await routers.other.client.callTool(ctx, call)).toEqual({ ...first, replayed: true });
  });

  it('belongs to the ledger of its origin run: a run that resumes it finds it, another one does not', async () => {
    const ctx = aContext();
    const { key, call } = aWrite('irreversible');
    await routers.one.client.callTool(ctx, call);
    const resumed = { ...call, runId: randomUUID(), originRunId: call.runId };
    expect(await routers.other.client.callTool(ctx, resumed)).toMatchObject({ replayed: true });
    expect(await timesOf(key)).toBe(1);
    await routers.other.client.callTool(ctx, { ...call, runId: randomUUID() });
    expect(await timesOf(key)).toBe(2);
  });

  it('is told to who only asks, as is one of which nobody knows; nothing is called for that', async () => {
    const ctx = aContext();
    const [done, cut, never] = [aWrite('irreversible'), aWrite('irreversible', HELD_MS), aWrite('irreversible')];
    const ask = (call: typeof done.call) => routers.other.client.callTool(ctx, { ...call, settleOnly: true });
    await routers.one.client.callTool(ctx, done.call);
    expect(await ask(done.call)).toMatchObject({ replayed: true, outcome: { status: 'ok' } });
    const stop = new AbortController();
    const cutOff = routers.one.client.callTool(ctx, cut.call, { signal: stop.signal }).catch(() => undefined);
    await arrived(cut.key);
    stop.abort(new Error('cut off'));
    await cutOff;
    await eventually('its end is stored', async () => ((await stateOf(ctx, cut.call.runId)) as { status: string }).status !== 'open');
    expect((await ask(cut.call)).outcome).toMatchObject({ status: 'error', code: 'TOOL_OUTCOME_UNKNOWN' });
    await expect(ask(never.call)).rejects.toMatchObject({ code: 'NOT_FOUND', retryable: false });
    expect(await Promise.all([done, cut, never].map(({ key }) => timesOf(key)))).toEqual([1, 1, 0]);
    expect((await routers.other.client.callTool(ctx, never.call)).outcome).not.toHaveProperty('repeated');
    expect(await timesOf(never.key)).toBe(1);
  });

  it('that is lost and may be repeated is not known to who only asks, and its repeat still says so', async () => {
    const ctx = aContext();
    const { key, call } = aWrite('read', HELD_MS);
    const stop = new AbortController();
    const cutOff = routers.one.client.callTool(ctx, call, { signal: stop.signal }).catch(() => undefined);
    await arrived(key);
    stop.abort(new Error('cut off'));
    await cutOff;
    await eventually('the claim is given up', async () => ((await stateOf(ctx, call.runId)) as { status: string }).status === 'open');
    await expect(routers.other.client.callTool(ctx, { ...call, settleOnly: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await stateOf(ctx, call.runId)).toMatchObject({ lost_claims: 1 });
    expect((await routers.other.client.callTool(ctx, call)).outcome).toMatchObject({ status: 'ok', repeated: true });
    expect(await timesOf(key)).toBe(2);
  });

  it('is not told to who may not call it', async () => {
    const ctx = aContext();
    const { call } = aWrite('read');
    await routers.one.client.callTool(ctx, call);
    await expect(routers.one.client.callTool({ ...ctx, roles: [] }, { ...call, settleOnly: true })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is an error under its id when another tool or other arguments are asked for', async () => {
    const ctx = aContext();
    const { call } = aWrite('read');
    await routers.one.client.callTool(ctx, call);
    for (const other of [{ args: { key: 'other' } }, { name: 'write__idempotent' }]) {
      await expect(routers.other.client.callTool(ctx, { ...call, ...other })).rejects.toMatchObject({ code: 'CALL_CONFLICT', retryable: false });
    }
  });

  it('is refused to who may not call it any more', async () => {
    const ctx = aContext();
    const { call } = aWrite('read');
    await routers.one.client.callTool(ctx, call);
    expect((await routers.one.client.callTool({ ...ctx, roles: [] }, call)).outcome).toMatchObject({ status: 'refused', code: 'TOOL_NOT_PERMITTED' });
    expect(await routers.one.client.callTool(ctx, call)).toMatchObject({ replayed: true });
  });
});

describe('a refusal', () => {
  it('is decided anew', async () => {
    const ctx = aContext();
    const { call } = aWrite('read');
    expect((await routers.one.client.callTool({ ...ctx, roles: [] }, call)).outcome.status).toBe('refused');
    expect(await routers.one.client.callTool(ctx, call)).toMatchObject({ replayed: false, outcome: { status: 'ok' } });
  });
});

describe('a call under way', () => {
  it('is joined in its router, and goes on when one of two callers goes away', async () => {
    const ctx = aContext();
    const { key, call } = aWrite('irreversible', HELD_MS);
    const leaving = new AbortController();
    const gone = routers.one.client.callTool(ctx, call, { signal: leaving.signal });
    gone.catch(() => undefined);
    await arrived(key);
    const staying = routers.one.client.callTool(ctx, call);
    const joined = /holdfast_tool_ledger_total\{server="write",tool="irreversible",event="joined"\} [1-9]/;
    await eventually('the second caller has joined', async () => joined.test((await routers.one.http('/metrics')).body));
    leaving.abort(new Error('stop'));
    await expect(gone).rejects.toThrow('stop');
    await routers.write.answer(key);
    expect(await staying).toMatchObject({ outcome: { status: 'ok' }, text: expect.stringContaining('call 1') });
    expect(await timesOf(key)).toBe(1);
  });

  it('is to be asked for later in another router', async () => {
    const ctx = aContext();
    const { key, call } = aWrite('idempotent', HELD_MS);
    const first = routers.one.client.callTool(ctx, call);
    await arrived(key);
    const refused = await routers.other.client.callTool(ctx, call).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'TOOL_CALL_IN_FLIGHT', retryable: true });
    expect((refused as { retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(5_000);
    await routers.write.answer(key);
    await first;
    expect(await routers.other.client.callTool(ctx, call)).toMatchObject({ replayed: true });
    expect(await timesOf(key)).toBe(1);
  });

  it('that is cancelled and must not be repeated has an unknown outcome for ever', async () => {
    const ctx = aContext();
    const { key, call } = aWrite('compensatable', HELD_MS);
    const controller = new AbortController();
    const cancelled = routers.one.client.callTool(ctx, call, { signal: controller.signal });
    cancelled.catch(() => undefined);
    await arrived(key);
    controller.abort(new Error('stop'));
    const unknown = await eventually('the outcome stands', () => routers.one.client.callTool(ctx, call).catch(() => undefined));
    expect(unknown.outcome).toMatchObject({ status: 'error', code: 'TOOL_OUTCOME_UNKNOWN' });
    expect(await timesOf(key)).toBe(1);
    // A person's decision to try again is a call of its own.
    expect((await routers.one.client.callTool(ctx, { ...call, callId: randomUUID(), args: { key } })).outcome.status).toBe('ok');
  });

  it('that is lost and may be repeated is repeated, and says so', async () => {
    const ctx = aContext();
    const { key, call } = aWrite('read', HELD_MS);
    const controller = new AbortController();
    const cancelled = routers.one.client.callTool(ctx, call, { signal: controller.signal });
    cancelled.catch(() => undefined);
    await arrived(key);
    controller.abort(new Error('stop'));
    await eventually('the claim is given up', async () => ((await stateOf(ctx, call.runId)) as { status: string }).status === 'open');
    expect((await routers.other.client.callTool(ctx, call)).outcome).toMatchObject({ status: 'ok', repeated: true });
    expect(await timesOf(key)).toBe(2);
    expect((await routers.other.http('/metrics')).body).toMatch(/holdfast_tool_ledger_total\{server="write",tool="read",event="repeated"\} [1-9]/);
  });

  it('that ran out of time before it was sent is no attempt', async () => {
    const ctx = aContext();
    const given = await eventually('a claim is made, and given up', async () => {
      const call = aCall('recording__read', { mode: 'hang' });
      // Less than what is kept back for the answer.
      await expect(routers.one.client.callTool(ctx, call, { timeoutMs: 40 })).rejects.toMatchObject({ retryable: true });
      const { row } = await eventually('nothing is claimed', async () => {
        const found = (await stateOf(ctx, call.runId)) as { status: string } | undefined;
        return found?.status !== 'claimed' && { row: found };
      });
      // On a busy machine the time is over before there is a claim.
      return row;
    });
    expect(given).toMatchObject({ lost_claims: 0 });
  });
});

describe('a router that was taken for dead', () => {
  beforeEach(() => eventually('both are alive again', async () => (await living()) === 2));

  it.each(['compensatable', 'irreversible'])('cannot store its late result of a call that is %s, and answers what stands', async (effect) => {
    const ctx = aContext();
    const { key, call } = aWrite(effect, HELD_MS);
    const late = routers.one.client.callTool(ctx, call);
    await arrived(key);
    const taken = await eventually('it is taken for dead', async () => {
      await loseSight(ctx, call.runId);
      return routers.other.client.callTool(ctx, call).catch(() => undefined);
    });
    expect(taken.outcome).toMatchObject({ status: 'error', code: 'TOOL_OUTCOME_UNKNOWN' });
    await routers.write.answer(key);
    expect(await late).toEqual({ ...taken, replayed: true });
    expect(await stateOf(ctx, call.runId)).toMatchObject({ status: 'error', code: 'TOOL_OUTCOME_UNKNOWN' });
    expect(await timesOf(key)).toBe(1);
  });

  it('answers with the outcome of the repeat that another made', async () => {
    const ctx = aContext();
    const { key, call } = aWrite('idempotent', HELD_MS);
    const late = routers.one.client.callTool(ctx, call);
    await arrived(key);
    const again = await eventually('it is taken for dead', async () => {
      await loseSight(ctx, call.runId);
      return routers.other.client.callTool(ctx, call).catch(() => undefined);
    });
    expect(again).toMatchObject({ outcome: { status: 'ok', repeated: true }, text: expect.stringContaining('call 2') });
    await routers.write.answer(key);
    expect(await late).toEqual({ ...again, replayed: true });
    expect(await timesOf(key)).toBe(2);
  });
});

it('a router that shuts down leaves nothing under way, and its lease to nobody', async () => {
  await eventually('both are alive', async () => (await living()) === 2);
  const ctx = aContext();
  const { key, call } = aWrite('irreversible', HELD_MS);
  const last = routers.one.client.callTool(ctx, call);
  await arrived(key);
  const closing = routers.one.app.close();
  await routers.write.answer(key);
  await closing;
  expect((await last).outcome.status).toBe('ok');
  expect(await living()).toBe(1);
  expect(await routers.other.client.callTool(ctx, call)).toMatchObject({ replayed: true });
});
