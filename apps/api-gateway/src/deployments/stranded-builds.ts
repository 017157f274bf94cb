import type { DeploymentState } from '@holdfast/agent-runtime/deployments';
import type { BuildRow } from '@holdfast/persistence';

/** A build whose open runs cannot end where they are. */
export interface StrandedBuild {
  readonly buildId: string;
  /** Shown in the log and as the reason of the terminated workflows. */
  readonly why: string;
}

/**
 * Builds whose open runs must be moved: nobody works on them any more, or the build was taken back. None while the build of new runs has no
 * worker: there would be nobody to move them to.
 */
export function strandedBuilds(state: DeploymentState | undefined, builds: readonly BuildRow[]): StrandedBuild[] {
  const rowOf = (buildId: string): BuildRow | undefined => builds.find((build) => build.buildId === buildId);
  if (state?.current === undefined || (rowOf(state.current)?.workers ?? 0) === 0) return [];
  return state.versions.flatMap(({ buildId, status }) => {
    if (buildId === state.current || status === 'drained') return [];
    const row = rowOf(buildId);
    if (row !== undefined && row.withdrawn !== null) return [{ buildId, why: `its build was taken back: ${row.withdrawn}` }];
    return (row?.workers ?? 0) === 0 ? [{ buildId, why: 'its build has no worker any more' }] : [];
  });
}
