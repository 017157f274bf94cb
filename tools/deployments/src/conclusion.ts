/** What became of one history on the candidate. */
export interface RehearsedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly isOpen: boolean;
  /** Undefined when the candidate does what the history says. */
  readonly problem?: string;
}

/** Result of a rehearsal. */
export interface Rehearsal {
  readonly buildId: string;
  readonly runs: readonly RehearsedRun[];
  /** Sampled histories that were left out: payloads of theirs are in PostgreSQL, where this tool does not look. */
  readonly leftOut: number;
  readonly isPassed: boolean;
}

const OUTSIDE = 'keep payloads in PostgreSQL';

/** A rehearsal of which every history was left out has shown nothing, and is not passed; where there is no history at all, nothing can deviate. */
export function conclude(buildId: string, runs: readonly RehearsedRun[], leftOut: number): Rehearsal {
  const isPassed = runs.length === 0 ? leftOut === 0 : runs.every(({ problem }) => problem === undefined);
  return { buildId, runs, leftOut, isPassed };
}

/** As text: the runs that deviate, and a sum. */
export function printRehearsal({ buildId, runs, leftOut, isPassed }: Rehearsal): string {
  const deviating = runs.filter(({ problem }) => problem !== undefined);
  const lines = deviating.map(({ workflowId, isOpen, problem }) => `  ${workflowId} (${isOpen ? 'open' : 'closed'}): ${problem}`);
  const followed = `${runs.length - deviating.length} of ${runs.length} histories are followed${leftOut === 0 ? '' : `, ${leftOut} left out: they ${OUTSIDE}`}`;
  const sum = runs.length === 0 ? nothing(leftOut) : followed;
  return [`${isPassed ? '✓' : '✗'} build ${buildId.slice(0, 12)}: ${sum}`, ...lines].join('\n');
}

function nothing(leftOut: number): string {
  if (leftOut === 0) return 'nothing to rehearse: there is no history yet';
  return `nothing was rehearsed: all ${leftOut} sampled histories ${OUTSIDE}; --runs N takes a larger sample`;
}
