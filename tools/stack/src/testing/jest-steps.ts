import { basename, join } from 'node:path';
import { rmSync } from 'node:fs';
import { readJson } from '../kit/files.ts';
import { seconds } from '../kit/progress.ts';
import { CommandError, runCommand } from '../kit/run-command.ts';
import { nodeBinary } from '../servers/stack-context.ts';
import { projectsWith, type Project } from './projects.ts';
import { addSums, crashed, formatSums, NO_RESULTS, sumsOfJest, type Sums } from './sums.ts';
import type { TestContext } from './test-context.ts';

/** Jest runs of one kind: every project that has the configuration. */
export interface JestRun {
  /** For people and file names: `int`, `e2e`. */
  readonly kind: string;
  /** File name of the configuration in a project. */
  readonly configuration: string;
  /** Prepares the servers for one project and returns their addresses. `name` is its folder's name. */
  readonly environmentFor: (name: string) => Promise<Readonly<Record<string, string>>>;
  /** Longest one project may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** For tests that name no limit of their own, in milliseconds: two cores run servers and tests, and CI's are shared. */
const TEST_TIMEOUT_MS = 30_000;

/** Runs the tests of that kind, one project after the other: they share servers and two cores. */
export async function runJest(context: TestContext, run: JestRun): Promise<Sums> {
  let sums = NO_RESULTS;
  for (const project of projectsWith(context.projects, run.configuration)) {
    sums = addSums(sums, await runProject(context, run, project));
  }
  return sums;
}

async function runProject(context: TestContext, run: JestRun, project: Project): Promise<Sums> {
  const name = basename(project.folder);
  const begun = performance.now();
  const report = join(context.results, `${run.kind}-${name}.json`);
  rmSync(report, { force: true });
  const env = await run.environmentFor(name);
  const jest = join(context.settings.checkout, 'node_modules/jest/bin/jest.js');
  const args = ['--experimental-vm-modules', jest, '-c', run.configuration, '--passWithNoTests', `--testTimeout=${TEST_TIMEOUT_MS}`, '--json', `--outputFile=${report}`];
  const failure = await context.progress.step(
    `Tests (${run.kind}) of ${name}`,
    () =>
      runCommand(nodeBinary(), args, {
        cwd: project.folder,
        env: { ...context.env, ...env, NODE_NO_WARNINGS: '1' },
        signal: context.signal,
        logFile: join(context.results, `${run.kind}-${name}.log`),
        timeoutMs: run.timeoutMs,
      }).then(
        () => undefined,
        (error: unknown) => {
          if (!(error instanceof CommandError)) throw error;
          return error;
        },
      ),
    Number.POSITIVE_INFINITY,
  );
  const sums = sumsOfJest(readJson(report), `${name} (${run.kind})`);
  const isCounted = sums !== undefined && (failure === undefined || sums.failed > 0);
  const total = isCounted ? sums : addSums(sums ?? NO_RESULTS, crashed(`${name} (${run.kind}): ${failure?.message ?? 'Jest left no report'}`));
  if (failure !== undefined) context.progress.line(`${failure.output.trimEnd()}\n${isCounted ? '' : `${failure.message}\n`}`);
  context.progress.line(`${total.failed === 0 ? '✓' : '✗'} ${run.kind} ${name}: ${formatSums(total)} (${seconds(performance.now() - begun)})`);
  return total;
}
