import type { DeploymentState } from '@holdfast/agent-runtime/deployments';
import type { BuildRow } from '@holdfast/persistence';

/** A build whose open runs cannot end where they are. */
export interface StrandedBuild {
  readonly buildId: string;
  /** Shown in the log and as the reason of the terminated workflows. */
  readonly why: string;
}

/** Builds whose open runs must be moved: nobody works on them any more, or the build was taken back. */
export function strandedBuilds(state: DeploymentState | undefined, builds: readonly BuildRow[]): StrandedBuild[] {
  if (state?.current === undefined) return [];
  return state.versions.flatMap(({ buildId, status }) => {
    if (buildId === state.current || status === 'drained') return [];
    const row = builds.find((build) => build.buildId === buildId);
    if (row !== undefined && row.withdrawn !== null) return [{ buildId, why: `its build was taken back: ${row.withdrawn}` }];
    return (row?.workers ?? 0) === 0 ? [{ buildId, why: 'its build has no worker any more' }] : [];
  });
}

/** Builds that take no new runs any more and work on those that they have. */
export function leftBuilds(state: DeploymentState | undefined, builds: readonly BuildRow[]): string[] {
  const stranded = new Set(strandedBuilds(state, builds).map(({ buildId }) => buildId));
  return (state?.versions ?? []).filter(({ buildId, status }) => status === 'draining' && !stranded.has(buildId)).map(({ buildId }) => buildId);
}
