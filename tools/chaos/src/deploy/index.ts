import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildIdOf } from '@holdfast/agent-runtime/worker';
import { WORKER_DEPLOYMENT } from '@holdfast/agent-runtime/api';
import { CHECKOUT } from '@holdfast/testing';
import { writeBadBuild } from './bad-build';
import { type DeployStack, withDeployStack } from './deploy-stack';
import { WatchedRuns } from './watched-runs';
import { WorkerProcess } from './worker-process';

/** What the proof is done with. */
export interface DeployChaosOptions {
  /** HOLDFAST_HOME of a running stack with one build. */
  readonly home: string;
  /** Base URL and key of its API. */
  readonly url: string;
  readonly apiKey: string;
  /** Runs that are started. */
  readonly runs: number;
  /** Share of the new runs that the bad build gets, percent. Default 40. */
  readonly percent?: number;
  readonly signal: AbortSignal;
  say(line: string): void;
}

/** What happened. */
export interface DeployChaosReport {
  readonly runs: number;
  /** By status; every run of the work given ends with success. */
  readonly ends: Readonly<Record<string, number>>;
  /** Workflows that began on the bad build. */
  readonly begunOnBadBuild: number;
  /** Those of them that were ended, so that their runs went on elsewhere. */
  readonly moved: number;
  /** From the first replay on the bad build (one of its workers was killed) to the roll-back, milliseconds. */
  readonly rolledBackAfterMs: number;
  /** Why it was taken back, as people read it. */
  readonly reason: string;
}

const GOOD_BUNDLE = join(CHECKOUT, 'apps/worker/dist/workflows.cjs');
/** Between two starts, ms. */
const PACE_MS = 60;
/** Until the workers of the bad build poll, and it has open runs, ms. */
const UP_WITHIN_MS = 40_000;
/** Runs are under way on both builds for so long before a worker of the bad one is killed, ms. */
const MIXED_FOR_MS = 4_000;
/** The bound, ms. */
export const ROLLED_BACK_WITHIN_MS = 60_000;
/** Longest that all runs may take from then on, ms. */
const ENDED_WITHIN_MS = 300_000;

/**
 * Gives a share of the new runs to a build that does not follow its own histories, while runs are under way on two builds; one of its two
 * workers is killed, the other one replays what it had, and workflow tasks fail. Nobody touches a run.
 * @throws Error when the build is not taken back in time or a run does not end
 */
export async function runDeployChaos(options: DeployChaosOptions): Promise<DeployChaosReport> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-deploy-'));
  const bundle = join(folder, 'workflows.cjs');
  await writeBadBuild(GOOD_BUNDLE, bundle);
  const badBuild = buildIdOf(await readFile(bundle, 'utf8'));
  try {
    return await withDeployStack(options.home, async (stack) => {
      const workers = [1, 2].map(() => new WorkerProcess({ settings: stack.workerSettings, bundle }));
      try {
        return await prove(options, stack, workers, badBuild);
      } finally {
        for (const worker of workers) await worker.kill();
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function prove(options: DeployChaosOptions, stack: DeployStack, workers: readonly WorkerProcess[], badBuild: string): Promise<DeployChaosReport> {
  const { runs: count, percent = 40, signal, say } = options;
  await stack.builds.reinstate(badBuild);
  for (const worker of workers) worker.start();
  await until('two workers of the bad build poll', UP_WITHIN_MS, signal, async () => {
    const [state, rows] = [await stack.deployments.describe(), await stack.builds.list()];
    if (state === undefined || rows.find(({ buildId }) => buildId === badBuild)?.workers !== workers.length) return undefined;
    await stack.deployments.ramp({ buildId: badBuild, percent }, state);
    return true;
  });
  say(`build ${badBuild.slice(0, 12)} does not follow its own histories and takes ${percent} % of the new runs`);
  const runs = new WatchedRuns(options, signal);
  const starting = runs.start(count, PACE_MS);
  starting.catch(() => undefined);
  await until('the bad build has open runs', UP_WITHIN_MS, signal, async () => (await stack.deployments.countOpen(badBuild)) >= 3 || undefined);
  await sleep(MIXED_FOR_MS, undefined, { signal });
  const open = await stack.deployments.countOpen(badBuild);
  await workers[0]!.kill();
  const killedAt = performance.now();
  say(`${open} runs are open on it; one of its two workers was killed`);
  const reason = await until('the bad build is taken back', ROLLED_BACK_WITHIN_MS, signal, async () => {
    const [state, rows] = [await stack.deployments.describe(), await stack.builds.list()];
    const withdrawn = rows.find(({ buildId }) => buildId === badBuild)?.withdrawn;
    return state?.ramping === undefined ? (withdrawn ?? undefined) : undefined;
  });
  const rolledBackAfterMs = Math.round(performance.now() - killedAt);
  say(`taken back after ${(rolledBackAfterMs / 1_000).toFixed(1)} s: ${reason}`);
  await starting;
  await runs.untilEnded(ENDED_WITHIN_MS);
  const ofBadBuild = `TemporalWorkerDeploymentVersion = '${WORKER_DEPLOYMENT}:${badBuild}'`;
  const [begunOnBadBuild, moved] = [await stack.count(ofBadBuild), await stack.count(`${ofBadBuild} AND ExecutionStatus = 'Terminated'`)];
  say(`${runs.started} runs: ${JSON.stringify(runs.ends)}; ${begunOnBadBuild} began on the bad build, ${moved} were moved`);
  return { runs: runs.started, ends: runs.ends, begunOnBadBuild, moved, rolledBackAfterMs, reason };
}

const LOOK_MS = 250;

/** Looks until there is an answer; what a look throws counts as none. */
async function until<T>(what: string, limitMs: number, signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  let problem: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    if (performance.now() > giveUpAt) throw new Error(`waited ${limitMs} ms in vain until ${what}`, { cause: problem });
    await sleep(LOOK_MS, undefined, { signal });
  }
}
