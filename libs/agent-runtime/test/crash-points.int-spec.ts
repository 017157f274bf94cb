import type { Lane } from '../src/api';
import { CALL_POINTS, type CallPoint, CallPoints } from './support/call-points';
import type { TestRun } from './support/test-journal';
import { TestRuntime } from './support/test-runtime';

/** Deaths per kind of call, lane and await point; the proof on record was made with 50. */
const CRASHES = Number(process.env['CRASHES'] ?? 2);
/** Deaths of each kind by one kill. */
const AT_ONCE = 2;
/** A local call that takes 8 s is made again in the normal lane; calls are killed before. */
const LONGEST_STAND_MS = 6_000;
const ROUNDS = Math.ceil(CRASHES / AT_ONCE);
const MOST_SLOW_TRIES = 4 + ROUNDS;

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

type Dying = TestRun & (typeof DEATHS)[number];

function startAll(runtime: TestRuntime, points: CallPoints): Promise<Dying[]> {
  const deaths = DEATHS.flatMap((death) => Array.from({ length: AT_ONCE }, () => death));
  return Promise.all(
    deaths.map(async (death) => {
      const run = runtime.newRun({ graphId: 'between', input: { input: death.kind }, durability: death.lane === 'normal' ? 'sync' : 'async' });
      points.choose({ runId: run.runId, node: 'held', name: death.name });
      await runtime.threads.deliver(runtime.ctx, run);
      return { ...run, ...death };
    }),
  );
}

/** What the world and the ledger saw of a run's calls. */
function seenOf({ journal }: TestRuntime, { runId, kind, name }: Dying): object {
  const effects = journal.effects.filter((effect) => effect.runId === runId);
  const of = (node: string) => effects.filter(({ activityType }) => activityType.startsWith(`between.${node}.`));
  const reported = journal.repeated.filter((call) => call === `${runId}/${of('held')[0]?.callId}`);
  expect(journal.repeated.filter((call) => call.startsWith(`${runId}/`))).toEqual(reported);
  return { kind, lane: of('held')[0]?.lane, name, before: of('before').length, effects: of('held').length, reported: reported.length, after: of('after').length };
}

/* Effects are counted in this process, apart from the worker that dies. The ledger is that of the tests (TestJournal.claim): the real ones have
   their proofs in apps/worker (model-proof) and apps/tool-router (crash-points). */
it(`a worker that is killed at any await point of a call repeats no finished call in either lane, and what it repeats is reported (${ROUNDS * AT_ONCE} times each)`, async () => {
  const points = new CallPoints();
  const runtime = new TestRuntime({ points });
  const worker = runtime.worker(runtime.journal);
  try {
    await worker.start();
    for (let round = 0, tries = 0; round < ROUNDS; tries += 1) {
      const runs = await startAll(runtime, points);
      await runtime.journal.until('all calls at their points', () => points.standing === runs.length, 60_000);
      const stoodMs = points.stoodMs;
      await worker.kill();
      points.forget();
      await worker.start();
      for (const { runId } of runs) expect(await runtime.journal.ended(runId, 120_000)).toMatchObject({ status: 'success' });
      // On a machine that was too slow some were handed over to the normal lane before they were killed.
      if (stoodMs > LONGEST_STAND_MS) {
        expect(tries - round).toBeLessThan(MOST_SLOW_TRIES);
        continue;
      }
      round += 1;
      expect(runs.map((run) => seenOf(runtime, run))).toEqual(runs.map(({ kind, lane, name }) => ({ kind, lane, name, before: 1, ...EXPECTED[name], after: 1 })));
    }
  } finally {
    await worker.stop();
    await runtime.close();
  }
}, 90_000 + ROUNDS * 60_000);

it('a worker that is killed before its workflow task is recorded gives calls beside each other their own answers again', async () => {
  const points = new CallPoints();
  const runtime = new TestRuntime({ points });
  const worker = runtime.worker(runtime.journal);
  const effectsOf = (runId: string) => runtime.journal.effects.filter((effect) => effect.runId === runId && effect.activityType === 'chains.chains.tool');
  try {
    await worker.start();
    const runs = Array.from({ length: CRASHES }, () => runtime.newRun({ graphId: 'chains', input: { input: 'x' } }));
    for (const run of runs) {
      points.choose({ runId: run.runId, node: 'held', name: 'request-sent' });
      await runtime.threads.deliver(runtime.ctx, run);
    }
    const finished = () => runs.every(({ runId }) => [...runtime.journal.replies.keys()].filter((key) => key.startsWith(`${runId}/`)).length === 6);
    await runtime.journal.until('all chains at their ends', () => points.standing === runs.length && finished(), 60_000);
    await worker.kill();
    points.forget();
    await worker.start();
    for (const { runId, threadId } of runs) {
      expect(await runtime.journal.ended(runId, 60_000)).toMatchObject({ status: 'success' });
      const results = runtime.journal.head(threadId)?.values['results'] as string[];
      expect(results.filter((result) => result.includes('after'))).toEqual([1, 2, 3].map((i) => `Echo: ${i}.2 after Echo: ${i}.1`));
      expect(effectsOf(runId)).toHaveLength(6);
    }
  } finally {
    await worker.stop();
    await runtime.close();
  }
}, 180_000);
