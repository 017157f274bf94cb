/** Results of one runner, added up. */
export interface Sums {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed, a line each, for the list at the end. */
  readonly failures: readonly string[];
}

/** Nothing ran. */
export const NO_RESULTS: Sums = { passed: 0, failed: 0, skipped: 0, failures: [] };

/** A step that did not even get to run its tests counts as one failure. */
export function crashed(what: string): Sums {
  return { passed: 0, failed: 1, skipped: 0, failures: [what] };
}

/** Adds results up. */
export function addSums(...all: readonly Sums[]): Sums {
  return all.reduce(
    (a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      skipped: a.skipped + b.skipped,
      failures: [...a.failures, ...b.failures],
    }),
    NO_RESULTS,
  );
}

/** The last line of `npm test`. */
export function formatSums(sums: Sums): string {
  return `${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`;
}

/**
 * Reads what `jest --json` wrote; undefined when it is no such report. A file that cannot be loaded counts as a failure.
 * `where` stands before each failure, e.g. the project.
 */
export function sumsOfJest(report: unknown, where: string): Sums | undefined {
  if (!isRecord(report) || typeof report['numTotalTests'] !== 'number') return undefined;
  const number = (name: string): number => (typeof report[name] === 'number' ? report[name] : 0);
  return {
    passed: number('numPassedTests'),
    failed: number('numFailedTests') + number('numRuntimeErrorTestSuites'),
    skipped: number('numPendingTests') + number('numTodoTests'),
    failures: listOf(report['testResults']).flatMap((file) => failuresOf(file).map((failure) => `${where}: ${failure}`)),
  };
}

function failuresOf(file: Record<string, unknown>): string[] {
  const tests = listOf(file['assertionResults']);
  if (tests.length === 0 && file['status'] === 'failed') return [`${String(file['name'])}: ${firstLine(file['message'])}`];
  return tests
    .filter((test) => test['status'] === 'failed')
    .map((test) => `${String(test['fullName'])}: ${firstLine(Array.isArray(test['failureMessages']) ? test['failureMessages'][0] : undefined)}`);
}

/** The first line that says something, without colours. */
function firstLine(message: unknown): string {
  if (typeof message !== 'string') return 'no message';
  const lines = message.replace(ANSI_COLOURS, '').split('\n');
  return lines.find((line) => line.trim() !== '')?.trim().slice(0, 200) ?? 'no message';
}

const ANSI_COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
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
