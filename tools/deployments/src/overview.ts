import { type DeploymentState, type OpenExecution, type VersionStatus, STUCK_QUERY } from '@holdfast/agent-runtime/deployments';
import type { BuildRow } from '@holdfast/persistence';
import type { Connections } from './connections';

/** A build as people look at it. */
export interface BuildLine {
  readonly buildId: string;
  readonly status: VersionStatus;
  /** Percent of the new runs. */
  readonly share: number;
  readonly workers: number;
  readonly open: number;
  readonly stuck: number;
  readonly note: string;
}

/** Everything that is shown. */
export interface Overview {
  readonly builds: readonly BuildLine[];
  /** Open runs that do not go on, with the reason. */
  readonly stuck: readonly { readonly execution: OpenExecution; readonly why: string }[];
}

const MOST_STUCK = 20;

/** Looks at the deployment. Builds that are drained and have no worker are left out. */
export async function overviewOf({ deployments, builds }: Connections): Promise<Overview> {
  const [state, rows] = await Promise.all([deployments.describe(), builds.list()]);
  const lines: BuildLine[] = [];
  const stuck: { execution: OpenExecution; why: string }[] = [];
  for (const { buildId, status } of state?.versions ?? []) {
    const row = rows.find((build) => build.buildId === buildId);
    const workers = row?.workers ?? 0;
    const [open, failing] = await Promise.all([deployments.countOpen(buildId), deployments.countOpen(buildId, STUCK_QUERY)]);
    if (open === 0 && workers === 0 && status !== 'current' && status !== 'ramping') continue;
    const isAbandoned = workers === 0 && open > 0;
    lines.push({ buildId, status, share: shareOf(buildId, state), workers, open, stuck: isAbandoned ? open : failing, note: noteOf(row, isAbandoned) });
    const query = isAbandoned ? '' : STUCK_QUERY;
    if (isAbandoned || failing > 0) {
      const why = isAbandoned ? 'its build has no worker' : 'its workflow task fails again and again';
      for (const execution of await deployments.openExecutions(buildId, MOST_STUCK, query)) stuck.push({ execution, why });
    }
  }
  return { builds: lines, stuck: stuck.slice(0, MOST_STUCK) };
}

function shareOf(buildId: string, state: DeploymentState | undefined): number {
  const ramping = state?.ramping;
  if (buildId === ramping?.buildId) return ramping.percent;
  return buildId === state?.current ? 100 - (ramping?.percent ?? 0) : 0;
}

function noteOf(row: BuildRow | undefined, isAbandoned: boolean): string {
  if (row !== undefined && row.withdrawn !== null) return `taken back: ${row.withdrawn}`;
  return isAbandoned ? 'no worker: its runs are moved to the current build' : '';
}

const ID_SHOWN = 12;

/** As text. */
export function printOverview({ builds, stuck }: Overview): string {
  if (builds.length === 0) return 'No worker has registered a build yet.';
  const rows = [
    ['build', 'status', 'new runs', 'workers', 'open', 'stuck', ''],
    ...builds.map((build) => [build.buildId.slice(0, ID_SHOWN), build.status, `${build.share} %`, `${build.workers}`, `${build.open}`, `${build.stuck}`, build.note]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd());
  const runs = stuck.map(({ execution, why }) => `  ${execution.workflowId}: ${why}`);
  return [...table, ...(runs.length === 0 ? [] : ['', 'Stuck:', ...runs])].join('\n');
}
