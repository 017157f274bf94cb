import { HoldfastError } from '@holdfast/contracts/errors';
import type { DeploymentState } from './deployment-state';
import type { WorkerDeployments } from './worker-deployments';

/** What is known of a build besides what Temporal knows. */
export interface BuildRecord {
  readonly buildId: string;
  readonly firstSeenAt: Date;
  /** When it was last seen to take new runs; null for one that never did. */
  readonly lastCurrentAt: Date | null;
  /** Why it was taken back; null for one that may take runs. */
  readonly withdrawn: string | null;
  /** Living workers. */
  readonly workers: number;
  /** Runs that its workers ended lately, and those of them that ended with an error. */
  readonly runsEnded: number;
  readonly runsFailed: number;
}

/** Where builds are taken back. */
export interface BuildStore {
  withdraw(buildId: string, reason: string): Promise<boolean>;
}

/** Which build takes runs after a roll-back, and which one was taken back. */
export interface RollBack {
  readonly withdrawn: string;
  readonly current: string;
}

/**
 * The build that takes over when the current one is taken back: the last one before it that took all new runs and has a worker; undefined when
 * there is none. One that only ramped has not proved itself.
 */
export function previousBuild(state: DeploymentState, builds: readonly BuildRecord[]): string | undefined {
  const versions = new Set(state.versions.map(({ buildId }) => buildId));
  const usable = builds.filter(({ buildId, workers, withdrawn, lastCurrentAt }) => {
    return versions.has(buildId) && buildId !== state.current && buildId !== state.ramping?.buildId && workers > 0 && withdrawn === null && lastCurrentAt !== null;
  });
  return usable.sort((a, b) => Number(b.lastCurrentAt) - Number(a.lastCurrentAt))[0]?.buildId;
}

/**
 * Takes back the ramping build, or the current one when none is ramping: it gets no new runs, and the gateway moves its open ones. Whoever
 * dies in between has withdrawn the build but not changed the routing: doing it again does the rest.
 * @throws HoldfastError CONFLICT when there is nothing to go back to, or somebody changed the routing meanwhile
 */
export async function rollBack(
  deployments: WorkerDeployments,
  store: BuildStore,
  seen: { readonly state: DeploymentState; readonly builds: readonly BuildRecord[] },
  reason: string,
): Promise<RollBack> {
  const { state, builds } = seen;
  const { current, ramping } = state;
  if (current === undefined) throw new HoldfastError('CONFLICT', 'no build takes runs yet');
  if (ramping !== undefined) {
    await store.withdraw(ramping.buildId, reason);
    await deployments.ramp(undefined, state);
    return { withdrawn: ramping.buildId, current };
  }
  const previous = previousBuild(state, builds);
  if (previous === undefined) throw new HoldfastError('CONFLICT', 'there is no other build with a worker to go back to');
  await store.withdraw(current, reason);
  await deployments.promote(previous, state);
  return { withdrawn: current, current: previous };
}
