import { HoldfastError } from '@holdfast/contracts/errors';
import type { DeploymentState } from './deployment-state';
import type { WorkerDeployments } from './worker-deployments';

/** What is known of a build besides what Temporal knows. */
export interface BuildRecord {
  readonly buildId: string;
  readonly firstSeenAt: Date;
  /** Why it was taken back; null for one that may take runs. */
  readonly withdrawn: string | null;
  /** Living workers. */
  readonly workers: number;
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

/** The build that takes over when the current one is taken back: the newest with a worker that has worked before; undefined when none is left. */
export function previousBuild(state: DeploymentState, builds: readonly BuildRecord[]): string | undefined {
  const usable = (buildId: string): boolean => builds.some((build) => build.buildId === buildId && build.workers > 0 && build.withdrawn === null);
  return state.versions.find(({ buildId, wasActive }) => wasActive && buildId !== state.current && buildId !== state.ramping?.buildId && usable(buildId))?.buildId;
}

/**
 * Takes back the ramping build, or the current one when none is ramping: it gets no new runs, and the gateway moves its open ones.
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
    await deployments.ramp(undefined, state);
    await store.withdraw(ramping.buildId, reason);
    return { withdrawn: ramping.buildId, current };
  }
  const previous = previousBuild(state, builds);
  if (previous === undefined) throw new HoldfastError('CONFLICT', 'there is no other build with a worker to go back to');
  await deployments.promote(previous, state);
  await store.withdraw(current, reason);
  return { withdrawn: current, current: previous };
}
