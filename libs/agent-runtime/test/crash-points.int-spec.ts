import type { Lane } from '../src/api';
import { CALL_POINTS, type CallPoint, CallPoints } from './support/call-points';
import { TestRuntime } from './support/test-runtime';

/** Deaths per kind of call, lane and await point; the proof on record was made with 50. */
const CRASHES = Number(process.env['CRASHES'] ?? 2);
/** Deaths of each kind by one kill: all calls must stand at their points before the first one's time is up (8 s in the local lane). */
const AT_ONCE = 2;
const ROUNDS = Math.ceil(CRASHES / AT_ONCE);

/** What becomes of a call after a death there. Whoever finds a claim without an outcome cannot know what happened, and says so. */
const EXPECTED: Readonly<Record<CallPoint, { readonly effects: number; readonly reported: number }>> = {
  'before-claim': { effects: 1, reported: 0 },
  'after-claim': { effects: 1, reported: 1 },
  'request-sent': { effects: 2, reported: 1 },
  'answer-received': { effects: 2, reported: 1 },
  'outcome-stored': { effects: 1, reported: 0 },
  'before-completion': { effects: 1, reported: 0 },
};
const DEATHS = (['tool', 'model'] as const).flatMap((kind) =>
  (['local', 'normal'] as const).flatMap((lane: Lane) => CALL_POINTS.map((name) => ({ kind, lane, name }))),
);

/* Effects are counted in this process, apart from the worker that dies. The ledger is that of the tests (TestJournal.claim): the real ones have
   their proofs in apps/worker (model-proof) and apps/tool-router (crash-points). */
it(`a worker that is killed at any await point of a call repeats no finished call in either lane, and what it repeats is reported (${ROUNDS * AT_ONCE} times each)`, async () => {
  const points = new CallPoints();
  const runtime = await TestRuntime.connect({ points });
  const { journal } = runtime;
  const worker = runtime.worker(journal);
  await worker.start();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const runs = await Promise.all(
      DEATHS.flatMap((death) => Array.from({ length: AT_ONCE }, () => death)).map(async ({ kind, lane, name }) => {
        const run = runtime.newRun({ graphId: 'between', input: { input: kind }, durability: lane === 'normal' ? 'sync' : 'async' });
        points.choose({ runId: run.runId, node: 'held', name });
        await runtime.threads.deliver(runtime.ctx, run);
        return { ...run, kind, lane, name };
      }),
    );
    await journal.until('all calls at their points', () => points.reached === round * runs.length, 30_000);
    await worker.kill();
    await worker.start();
    const seen: object[] = [];
    for (const { runId, kind, lane, name } of runs) {
      expect(await journal.ended(runId, 90_000)).toMatchObject({ status: 'success' });
      const effects = journal.effects.filter((effect) => effect.runId === runId);
      const of = (node: string) => effects.filter(({ activityType }) => activityType.startsWith(`between.${node}.`));
      const reported = journal.repeated.filter((call) => call.startsWith(`${runId}/`));
      expect(reported.every((call) => call === `${runId}/${of('held')[0]?.callId}`)).toBe(true);
      expect(of('held')[0]?.lane ?? lane).toBe(lane);
      seen.push({ kind, lane, name, before: of('before').length, effects: of('held').length, reported: reported.length, after: of('after').length });
    }
    expect(seen).toEqual(runs.map(({ kind, lane, name }) => ({ kind, lane, name, before: 1, ...EXPECTED[name], after: 1 })));
  }
  await worker.stop();
  await runtime.close();
}, 90_000 + ROUNDS * 60_000);
