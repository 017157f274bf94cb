import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { EFFECT_CLASSES, type EffectClass } from '@holdfast/contracts/tools';
import { ToolRouterClient, type ToolCallResult } from '@holdfast/rpc';
import { AppProcess, WriteToolServer, bundleForTest, eventually, freePort } from '@holdfast/testing';
import { need } from './fixtures';
import { RouterUnderTest, aCall, aContext } from './router-under-test';
import { ledgerCatalogue } from './two-routers';

/** Routers that are killed side by side: most of a round is waiting. */
const WIDTH = 4;
/** Kills at each point; each takes a call of every effect class with it. `CRASH_ROUNDS=50` is the proof that README.md tells of. */
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 1);
jest.setTimeout(60_000 + ROUNDS * 20_000);

// Long enough for a busy machine, short enough to wait for.
const VICTIM_LEASE_MS = 2_000;
const project = join(import.meta.dirname, '..');

/** What must come of a call of each class that a router leaves at this point: calls of the tool by then, and after somebody asked again. */
interface Fate {
  readonly before: number;
  readonly after: number;
  readonly outcome: 'ok' | 'repeated' | 'unknown' | 'replayed';
}
const same = (fate: Fate): Record<EffectClass, Fate> => ({ read: fate, idempotent: fate, compensatable: fate, irreversible: fate });
const byClass = (calls: number): Record<EffectClass, Fate> => {
  const repeatable: Fate = { before: calls, after: calls + 1, outcome: 'repeated' };
  const once: Fate = { before: calls, after: calls, outcome: 'unknown' };
  return { read: repeatable, idempotent: repeatable, compensatable: once, irreversible: once };
};
const POINTS: readonly (readonly [string, Record<EffectClass, Fate>])[] = [
  ['before-claim', same({ before: 0, after: 1, outcome: 'ok' })],
  // Nobody can know that nothing was called, so it counts as if.
  ['after-claim', byClass(0)],
  ['during-call', byClass(1)],
  ['after-call', byClass(1)],
  ['after-end', same({ before: 1, after: 1, outcome: 'replayed' })],
];

let write: WriteToolServer;
let survivor: RouterUnderTest;
let bundle: string;
let folder: string;
const victims: AppProcess[] = [];
beforeAll(async () => {
  write = await WriteToolServer.start();
  const catalogue = ledgerCatalogue(write.url);
  survivor = await RouterUnderTest.start(catalogue);
  bundle = (await bundleForTest(project, 'test/crashing-router'))['test/crashing-router'];
  folder = mkdtempSync(join(tmpdir(), 'holdfast-victim-'));
  writeFileSync(join(folder, 'catalogue.json'), JSON.stringify(catalogue));
});
afterAll(async () => {
  await Promise.all(victims.map((victim) => victim.end('SIGKILL')));
  await survivor.stop();
  await write.stop();
  rmSync(folder, { recursive: true });
});

async function aVictim(point: string): Promise<{ victim: AppProcess; client: ToolRouterClient }> {
  const port = await freePort();
  const victim = AppProcess.start(bundle, {
    HOST: '127.0.0.1',
    GRPC_PORT: String(port),
    HEALTH_PORT: '0',
    HOLDFAST_INTERNAL_SECRET: need('HOLDFAST_INTERNAL_SECRET'),
    DATABASE_URL: need('DATABASE_URL_TOOLS'),
    HOLDFAST_TOOL_CATALOGUE: join(folder, 'catalogue.json'),
    HOLDFAST_PROTO_DIR: join(project, '../../libs/rpc/proto'),
    ROUTER_LEASE_MS: String(VICTIM_LEASE_MS),
    CRASH_POINT: point,
    CRASH_CALLS: String(EFFECT_CLASSES.length),
  });
  victims.push(victim);
  await victim.url;
  await eventually('its tool server is connected', async () => (await victim.text('/readyz/tool-servers')).includes('"ready"'), 30_000);
  return { victim, client: new ToolRouterClient({ address: `127.0.0.1:${port}`, secret: need('HOLDFAST_INTERNAL_SECRET') }) };
}

// Of tenants of their own, so that no call waits for another one's statement at the point.
const aCallOf = (effect: EffectClass, delayMs: number) => {
  const key = randomUUID();
  return { effect, key, ctx: aContext(), call: aCall(`write__${effect}`, { key, delay_ms: delayMs }) };
};
type Called = ReturnType<typeof aCallOf>;

/** What Temporal does: asks again for as long as the error may be retried; not a router that is gone. */
async function untilAnswered({ ctx, call }: Called, client = survivor.client): Promise<ToolCallResult> {
  const end = performance.now() + 30_000;
  for (;;) {
    try {
      return await client.callTool(ctx, call);
    } catch (error) {
      const { code, retryable, retryAfterMs } = error as { code?: string; retryable?: boolean; retryAfterMs?: number };
      if (code === 'TOOL_ROUTER_UNAVAILABLE' || retryable !== true || performance.now() > end) throw error;
      await sleep(Math.max(50, retryAfterMs ?? 0));
    }
  }
}

function fateOf(called: Called, before: number, after: number, { replayed, outcome }: ToolCallResult): Fate {
  if (outcome.status !== 'ok') expect(outcome).toMatchObject({ status: 'error', code: 'TOOL_OUTCOME_UNKNOWN', effect: called.effect });
  const kind = outcome.status !== 'ok' ? 'unknown' : outcome.repeated === true ? 'repeated' : replayed ? 'replayed' : 'ok';
  return { before, after, outcome: kind };
}

/** Kills a router with a call of each class at the point, asks again, and tells what came of each. */
async function kill(point: string, delayMs: number, whenBegun: (calls: readonly Called[]) => Promise<unknown>): Promise<[EffectClass, Fate][]> {
  const { victim, client } = await aVictim(point);
  const calls = EFFECT_CLASSES.map((effect) => aCallOf(effect, delayMs));
  const answers = calls.map((called) => untilAnswered(called, client).then(() => 'answered', (error: { code?: string }) => error.code));
  await Promise.race([whenBegun(calls), victim.exit]);
  if (point === 'during-call' || point === 'at-random') victim.signal('SIGKILL');
  expect(await victim.exit).toBe('SIGKILL');
  const told = await Promise.all(answers);
  if (point !== 'at-random') expect(told).toEqual(calls.map(() => 'TOOL_ROUTER_UNAVAILABLE'));
  client.close();
  const before = await write.calls();
  const results = await Promise.all(calls.map((called) => untilAnswered(called)));
  // And whoever asks once more is told the same.
  const again = await Promise.all(calls.map((called) => untilAnswered(called)));
  const after = await write.calls();
  return calls.map((called, i) => {
    const result = results[i] as ToolCallResult;
    expect(again[i]).toEqual({ ...result, replayed: true });
    return [called.effect, fateOf(called, before[called.key] ?? 0, after[called.key] ?? 0, result)];
  });
}

async function inRounds(round: () => Promise<void>): Promise<void> {
  for (let done = 0; done < ROUNDS; done += WIDTH) await Promise.all(Array.from({ length: Math.min(WIDTH, ROUNDS - done) }, round));
}

it.each(POINTS)(`kill -9 ${'%s'}, ${ROUNDS} times with a call of each class: no finished call is made again, every repeat is told`, async (point, fates) => {
  await inRounds(async () => {
    const arrived = (calls: readonly Called[]): Promise<unknown> =>
      eventually('every call is under way', async () => {
        const counts = await write.calls();
        return calls.every(({ key }) => counts[key] === 1);
      });
    const seen = await kill(point, point === 'during-call' ? 20_000 : 5, point === 'during-call' ? arrived : () => sleep(20_000));
    expect(Object.fromEntries(seen)).toEqual(fates);
  });
});

it(`kill -9 at random, ${ROUNDS} times with a call of each class: no effect twice, every repeat is told`, async () => {
  await inRounds(async () => {
    const seen = await kill('at-random', Math.floor(Math.random() * 10), () => sleep(Math.random() * 60));
    for (const [effect, { after, outcome }] of seen) {
      if (effect === 'compensatable' || effect === 'irreversible') expect(after).toBeLessThanOrEqual(1);
      expect(after).toBeLessThanOrEqual(2);
      if (after === 2) expect(outcome).toBe('repeated');
      if (after === 0) expect(outcome).toBe('unknown');
    }
  });
});
