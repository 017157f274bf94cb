import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunsArguments } from '../options';
import { seeded } from '../random';
import { Api } from './api';
import { type ChaosStack, withChaosStack } from '../chaos-stack';
import { aTenant } from '../chaos-tenant';
import { type CronFindings, cronDelays, drivenByCrons, endCrons, startCrons } from './crons';
import { type DrivenRun, drive } from './driver';
import { type Kill, killAgainAndAgain } from './killer';
import { type PlannedRun, patternRuns, planRuns } from './mix';
import { Person } from './person';
import { type Recovery, quantilesOf, recoveryOf } from './recovery';
import { type JournalRecord, Records } from './records';
import { resultOf } from './result';
import { wakeDelays } from './stops';
import { type Findings, type Verdict, judge } from './verdict';

/** What came of a chaos test. */
export interface RunsChaosReport {
  readonly seed: number;
  readonly executions: number;
  readonly seconds: number;
  readonly kills: Readonly<Record<string, number>>;
  readonly verdict: Verdict;
  readonly recovery: Recovery;
  /** Questions about calls whose outcome nobody knew. */
  readonly asked: number;
  /** Stops that ended, by what ended them, and how late those were woken that waited for time. */
  readonly stops: { readonly ended: Readonly<Record<string, number>>; readonly late: Delays };
  /** Moments of crons, and how late their runs were made. */
  readonly crons: { readonly moments: number; readonly late: Delays };
}

type Delays = ReturnType<typeof quantilesOf>;

/** Longest that the last moments of crons, and then their runs, are waited for, milliseconds. */
const CRONS_END_WITHIN_MS = 120_000;
/** Until the bridge, which was killed too, has told everybody, milliseconds. */
const PUBLISHED_WITHIN_MS = 60_000;

/** Where a test tells what it does. */
export type Say = (line: string) => void;

/** Runs of mixed patterns on a stack of its own in `home`, while its processes are killed; see the README. @throws NoStackError */
export function runRunsChaos(options: RunsArguments, home: string, signal: AbortSignal, say: Say): Promise<RunsChaosReport> {
  return withChaosStack(home, signal, (stack) => torment(stack, options, signal, say));
}

async function torment(stack: ChaosStack, options: RunsArguments, signal: AbortSignal, say: Say): Promise<RunsChaosReport> {
  const { seed, executions, atOnce, killEveryMs, limitSeconds, killForSeconds = limitSeconds } = options;
  const random = seeded(seed);
  const name = `chaos-${seed}-${randomUUID().slice(0, 8)}`;
  const { tenantId, apiKey } = await aTenant(stack.databaseUrl, name);
  const api = new Api(stack.url, apiKey);
  const records = new Records(stack.databaseUrl, tenantId);
  const person = new Person(() => stack.tools.calls());
  const driver = { api, records, person, atOnce, onProgress: () => undefined };

  const calm = await drive({ ...driver, plan: patternRuns(), name: `${name}-calm`, signal });
  const expected = new Map(await resultsOf(api, calm.over, ({ plan }) => plan.graphId));
  say(`undisturbed, once each: ${[...expected.keys()].join(', ')}`);

  const crons = await startCrons(api, name);
  const plan = planRuns(executions, name, random);
  const giveUp = AbortSignal.any([signal, AbortSignal.timeout(limitSeconds * 1_000)]);
  const kills: Kill[] = [];
  const calmAgain = new AbortController();
  const enough = AbortSignal.any([giveUp, calmAgain.signal, AbortSignal.timeout(killForSeconds * 1_000)]);
  const killing = killAgainAndAgain({ home: stack.home, everyMs: killEveryMs, random, signal: enough, onKill: (kill) => void kills.push(kill) });
  const begun = performance.now();
  const secondsSince = (): number => Math.round((performance.now() - begun) / 100) / 10;
  let said = 0;
  const disturbed = await drive({
    ...driver,
    plan,
    name,
    signal: giveUp,
    onProgress: ({ started, over, underWay }) => {
      if (performance.now() - said < 10_000) return;
      said = performance.now();
      say(`${String(secondsSince()).padStart(7)} s  started ${started}, under way ${underWay}, over ${over}, kills ${kills.length}`);
    },
  }).finally(() => calmAgain.abort());
  await killing;
  signal.throwIfAborted();
  const ofCrons = await endCrons(api, records, crons, CRONS_END_WITHIN_MS, signal);
  const seconds = secondsSince();
  say(`${String(seconds).padStart(7)} s  over ${disturbed.over.length}, kills ${kills.length}; looking at what is there`);
  const counted = {
    neverStarted: plan.length - disturbed.over.length - disturbed.lost.length,
    notCompared: patternRuns().flatMap(({ graphId }) => (expected.has(graphId) ? [] : [graphId])),
  };
  const byCrons = drivenByCrons(ofCrons);
  const found = { over: [...disturbed.over, ...byCrons.over], lost: [...disturbed.lost, ...byCrons.lost], crons: ofCrons };
  return { seed, executions, seconds, kills: countsOf(kills), asked: person.asked, ...(await look({ stack, api, records, person, expected, kills, counted, ...found })) };
}

interface Scene {
  readonly stack: ChaosStack;
  readonly api: Api;
  readonly records: Records;
  readonly person: Person;
  readonly expected: ReadonlyMap<string, unknown>;
  readonly kills: readonly Kill[];
  readonly counted: Pick<Findings, 'neverStarted' | 'notCompared'>;
  readonly over: readonly DrivenRun[];
  readonly lost: readonly { readonly threadId: string; readonly runIds: readonly string[]; readonly plan: PlannedRun }[];
  readonly crons: CronFindings;
}

async function look(scene: Scene): Promise<Pick<RunsChaosReport, 'verdict' | 'recovery' | 'stops' | 'crons'>> {
  const { stack, api, records, person, expected, kills, over, lost, counted, crons } = scene;
  const until = Date.now();
  const results = new Map(await resultsOf(api, over, ({ threadId }) => threadId));
  const asking = await threadsThatAsk(api, over);
  const journal = await publishedJournal(records);
  const [toolCounts, modelCounts] = await Promise.all([stack.tools.calls(), stack.model.calls()]);
  const modelRequests = await stack.model.requests();
  const [tools, models, waits, runs] = [await records.tools(), await records.models(), await records.waits(), await records.allRuns()];
  const seen = { toolCounts, tools, modelCounts, models, modelRequests, waits, runs, asking, results };
  const verdict = judge({ over, lost, journal, failedKeys: person.failed, expected, kills: kills.length, crons, ...seen, ...counted });
  return {
    verdict,
    recovery: recoveryOf(kills, journal, until),
    stops: { ended: Object.fromEntries([...Map.groupBy(waits, ({ outcome }) => outcome ?? 'open')].map(([outcome, of]) => [outcome, of.length])), late: quantilesOf(wakeDelays(waits)) },
    crons: { moments: crons.moments.length, late: quantilesOf(cronDelays(crons)) },
  };
}

/** Of runs that were left waiting: those whose thread shows a question. */
async function threadsThatAsk(api: Api, runs: readonly DrivenRun[]): Promise<ReadonlySet<string>> {
  const asking = new Set<string>();
  for (const { plan, threadId } of runs) {
    if (plan.leftWaiting && (await api.thread(threadId)).questions.length > 0) asking.add(threadId);
  }
  return asking;
}

/** The journal once the bridge has published it all, or has had its time for it. */
async function publishedJournal(records: Records): Promise<JournalRecord[]> {
  const deadline = performance.now() + PUBLISHED_WITHIN_MS;
  for (;;) {
    const journal = await records.journal();
    if (journal.every(({ published }) => published) || performance.now() > deadline) return journal;
    await sleep(1_000);
  }
}

/** Values of the threads of runs that ended well, by what `keyOf` says. */
async function resultsOf(api: Api, runs: readonly DrivenRun[], keyOf: (run: DrivenRun) => string): Promise<[string, unknown][]> {
  const found: [string, unknown][] = [];
  for (const run of runs) {
    if (run.last.status !== 'success') continue;
    found.push([keyOf(run), resultOf((await api.thread(run.threadId)).values)]);
  }
  return found;
}

function countsOf(kills: readonly Kill[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(kills, ({ victim }) => victim)].map(([victim, of]) => [victim, of.length]));
}
