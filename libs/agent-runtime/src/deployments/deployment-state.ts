import type { WorkflowService } from '@temporalio/client';

/** Answer of Temporal about a Worker Deployment. */
export type DeploymentAnswer = Awaited<ReturnType<WorkflowService['describeWorkerDeployment']>>;

/**
 * What a version is to the server. `inactive`: it has never taken runs. `current` takes new runs, `ramping` a share of them.
 * `draining`: it takes none and has open ones. `drained`: none is left.
 */
export type VersionStatus = 'inactive' | 'current' | 'ramping' | 'draining' | 'drained';

/** One build that workers have polled with. */
export interface DeploymentVersion {
  readonly buildId: string;
  readonly status: VersionStatus;
  readonly createdAt: Date;
  /** It is, or was, the current or the ramping version. */
  readonly wasActive: boolean;
}

/** Which build takes which runs. */
export interface DeploymentState {
  /** The build of new runs; undefined before the first promotion. */
  readonly current?: string;
  /** When it became that. */
  readonly currentSince?: Date;
  /** The current build only stands in for this one, which had no worker any more; undefined when it was chosen for itself. */
  readonly standsInFor?: string;
  /** The build that takes a share of the new runs. */
  readonly ramping?: { readonly buildId: string; readonly percent: number };
  /** Newest first. */
  readonly versions: readonly DeploymentVersion[];
  /** To be given with a change, so that nobody undoes what somebody else did meanwhile. */
  readonly conflictToken: Uint8Array;
}

/** By the numbers of `WorkerDeploymentVersionStatus`; 0 and 6 (created by hand, never polled) have taken no runs. */
const STATUSES: readonly VersionStatus[] = ['inactive', 'inactive', 'current', 'ramping', 'draining', 'drained', 'inactive'];

/** Reads the answer. @throws TypeError when it holds no deployment */
export function deploymentState({ workerDeploymentInfo: info, conflictToken }: DeploymentAnswer): DeploymentState {
  if (info == null) throw new TypeError('the answer holds no worker deployment');
  const { currentDeploymentVersion: current, rampingDeploymentVersion: ramping, rampingVersionPercentage: percent, currentVersionChangedTime: since } = info.routingConfig ?? {};
  const versions = (info.versionSummaries ?? []).map(
    ({ deploymentVersion, status, createTime, firstActivationTime }): DeploymentVersion => ({
      buildId: deploymentVersion?.buildId ?? '',
      status: STATUSES[status ?? 0] ?? 'inactive',
      createdAt: dateOf(createTime),
      wasActive: firstActivationTime != null,
    }),
  );
  return {
    ...(current?.buildId ? { current: current.buildId, currentSince: dateOf(since) } : {}),
    ...standIn(info.lastModifierIdentity),
    ...(ramping?.buildId ? { ramping: { buildId: ramping.buildId, percent: percent ?? 0 } } : {}),
    versions: versions.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime()),
    conflictToken: conflictToken ?? new Uint8Array(),
  };
}

const STAND_IN = ' standing in for ';

/**
 * Who changes the routing, with the build that the new current one stands in for. Temporal keeps it with the routing: both change at once, and whatever
 * anybody changes afterwards takes it away.
 */
export function identityOf(identity: string, standsInFor: string | undefined): string {
  return standsInFor === undefined ? identity : `${identity}${STAND_IN}${standsInFor}`;
}

function standIn(identity: string | null | undefined): Pick<DeploymentState, 'standsInFor'> {
  const standsInFor = identity?.split(STAND_IN)[1];
  return standsInFor === undefined ? {} : { standsInFor };
}

/** A protobuf timestamp; its seconds are a Long. */
function dateOf(time: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined): Date {
  return new Date(Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1e6);
}
