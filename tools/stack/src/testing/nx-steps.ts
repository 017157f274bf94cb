import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readJson } from '../kit/files.ts';
import { CommandError, runCommand } from '../kit/run-command.ts';
import { addSums, crashed, NO_RESULTS, sumsOfJest, tasksOfNx, type NxTask, type Sums } from './sums.ts';
import type { TestContext } from './test-context.ts';

/** Where a unit test run leaves its report, below the project: `coverage` is an output that Nx keeps in its cache. */
const UNIT_REPORT = 'coverage/unit.json';

/** Lint and type check of every project; each target of a project counts as one. */
export async function checkCode(context: TestContext): Promise<Sums> {
  const { tasks, isOk } = await runNx(context, ['-t', 'lint', 'typecheck']);
  const counted = tasks.filter((task) => task.target === 'lint' || task.target === 'typecheck');
  const failed = counted.filter((task) => !task.isOk);
  const failures = failed.map((task) => `${task.target} of ${task.project}`);
  const sums = { passed: counted.length - failed.length, failed: failed.length, skipped: 0, failures };
  // something before them (code generation, Nx itself) failed
  return (isOk || failed.length > 0) && counted.length > 0 ? sums : addSums(sums, crashed('lint and type check: Nx or what they depend on'));
}

/** Unit and replay tests of every project, read from Jest's reports; unchanged projects come from Nx's cache with theirs. */
export async function testUnits(context: TestContext): Promise<Sums> {
  for (const project of context.projects) {
    const report = join(project.folder, UNIT_REPORT);
    // Jest does not make the folder; an old report must not be taken for a new one
    mkdirSync(dirname(report), { recursive: true });
    rmSync(report, { force: true });
  }
  const { tasks, isOk } = await runNx(context, ['-t', 'test', '--', '--json', `--outputFile=${UNIT_REPORT}`, '--passWithNoTests']);
  const tests = tasks.filter((task) => task.target === 'test');
  const all = tests.map((task) => {
    const folder = context.projects.find((project) => project.name === task.project)?.folder;
    const sums = folder === undefined ? undefined : sumsOfJest(readJson(join(folder, UNIT_REPORT)), task.project);
    if (sums === undefined) return crashed(`${task.project}: its unit tests left no report`);
    return task.isOk || sums.failed > 0 ? sums : addSums(sums, crashed(`${task.project}: Jest failed though its tests passed`));
  });
  const sums = addSums(NO_RESULTS, ...all);
  return (isOk || sums.failed > 0) && tests.length > 0 ? sums : addSums(sums, crashed('unit tests: Nx or what they depend on'));
}

async function runNx(context: TestContext, args: readonly string[]): Promise<{ tasks: NxTask[]; isOk: boolean }> {
  const { checkout } = context.settings;
  const report = join(checkout, '.nx/cache/run.json');
  rmSync(report, { force: true });
  const isOk = await runCommand(join(checkout, 'node_modules/.bin/nx'), ['run-many', '--outputStyle=static', '--nxBail=false', ...args], {
    cwd: checkout,
    env: { ...context.env, NX_DAEMON: 'false' },
    signal: context.signal,
    logFile: join(context.results, 'nx.log'),
  }).then(
    () => true,
    (error: unknown) => {
      if (!(error instanceof CommandError)) throw error;
      context.progress.line(error.output.trimEnd());
      return false;
    },
  );
  return { tasks: tasksOfNx(readJson(report)) ?? [], isOk };
}
