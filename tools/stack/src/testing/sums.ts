/** Results of one runner, added up. */
export interface Sums {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Nothing ran. */
export const NO_RESULTS: Sums = { passed: 0, failed: 0, skipped: 0 };
/** A step that did not even get to run its tests counts as one failure. */
export const CRASHED: Sums = { passed: 0, failed: 1, skipped: 0 };

/** Adds results up. */
export function addSums(...all: readonly Sums[]): Sums {
  return all.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }), NO_RESULTS);
}

/** The last line of `npm test`. */
export function formatSums(sums: Sums): string {
  return `${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`;
}

/** Reads what `jest --json` wrote; undefined when it is no such report. A file that cannot be loaded counts as a failure. */
export function sumsOfJest(report: unknown): Sums | undefined {
  if (typeof report !== 'object' || report === null) return undefined;
  const fields = report as Record<string, unknown>;
  const number = (name: string): number => (typeof fields[name] === 'number' ? fields[name] : 0);
  if (typeof fields['numTotalTests'] !== 'number') return undefined;
  return {
    passed: number('numPassedTests'),
    failed: number('numFailedTests') + number('numRuntimeErrorTestSuites'),
    skipped: number('numPendingTests') + number('numTodoTests'),
  };
}

/** One finished task of Nx. */
export interface NxTask {
  readonly project: string;
  readonly target: string;
  readonly isOk: boolean;
}

/** Reads Nx's own account of its newest run (`.nx/cache/run.json`); undefined when it is none. */
export function tasksOfNx(report: unknown): NxTask[] | undefined {
  const tasks = typeof report === 'object' && report !== null ? (report as { tasks?: unknown }).tasks : undefined;
  if (!Array.isArray(tasks)) return undefined;
  return tasks.flatMap((task: unknown) => {
    if (typeof task !== 'object' || task === null) return [];
    const { projectName, target, status } = task as Record<string, unknown>;
    return typeof projectName === 'string' && typeof target === 'string' ? [{ project: projectName, target, isOk: status === 0 }] : [];
  });
}
