import { join } from 'node:path';
import { CommandError, runCommand } from '../kit/run-command.ts';
import { baseEnvironment, nodeBinary, type StackContext } from '../servers/stack-context.ts';

/** Thrown when graphs of a folder cannot run; the message names file, line and reason of each problem. */
export class GraphsRefusedError extends Error {
  readonly code = 'STACK_GRAPHS_REFUSED';
}

/** Graphs of a folder that have been checked. */
export interface PreparedGraphs {
  readonly names: readonly string[];
  /** What is suspicious about them, a line each. */
  readonly remarks: readonly string[];
  /** File of the workflow bundle with them, which may still be in the making. */
  readonly bundle: Promise<string>;
}

/** What tools/graphs prints: a line of JSON when the check is done, and one when the bundle is. */
interface Report {
  readonly graphs?: readonly string[];
  readonly bundle?: string;
}

/**
 * Checks the graphs of a folder and begins to bundle them; tools/graphs does both. Resolves when they are checked.
 * @throws GraphsRefusedError
 */
export async function prepareGraphs(context: StackContext, folder: string): Promise<PreparedGraphs> {
  const checked = Promise.withResolvers<readonly string[]>();
  const remarks: string[] = [];
  let bundle = '';
  const onLine = (line: string): void => {
    const report = parseReport(line);
    if (report === undefined && line.includes(': suspicious: ')) remarks.push(line);
    if (report?.graphs !== undefined) checked.resolve(report.graphs);
    if (report?.bundle !== undefined) bundle = report.bundle;
  };
  const built = runTool(context, folder, onLine).then(() => bundle);
  // whoever waits sees the error; before the check is done that is who waits for the check
  built.catch(checked.reject);
  const names = await context.step(`Checking the graphs of ${folder}`, () => checked.promise);
  const finished = context.step('Bundling the graphs', () => built, 300);
  finished.catch(() => undefined);
  return { names, remarks, bundle: finished };
}

async function runTool(context: StackContext, folder: string, onLine: (line: string) => void): Promise<void> {
  const { checkout } = context.settings;
  try {
    await runCommand(nodeBinary(), [join(checkout, 'tools/graphs/src/main.ts'), 'build', folder, '--cache', context.layout.graphs], {
      cwd: checkout,
      env: baseEnvironment(context),
      signal: context.signal,
      logFile: context.layout.log('graphs'),
      timeoutMs: 5 * 60_000,
      onLine,
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const said = error.output.split('\n').filter((line) => line.trim() !== '' && parseReport(line) === undefined);
    throw new GraphsRefusedError(`The graphs of ${folder} cannot run:\n${said.join('\n')}`);
  }
}

function parseReport(line: string): Report | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Report;
  } catch {
    return undefined;
  }
}
