import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '@holdfast/testing';
import { ZodError, z } from 'zod';
import { NoStackError, withChaosStack } from './chaos-stack';
import { runDeployChaos } from './deploy';
import { USAGE, parseDeployOptions, parseRunsOptions, parseWaitingOptions } from './options';
import { runRunsChaos } from './runs';
import { formatReport } from './runs/format-report';
import { runWaitingChaos } from './waiting';

const HOME = join(CHECKOUT, '.holdfast-chaos');

/** A test that was asked for: tells what it finds, and whether all held. */
type ChaosTest = (signal: AbortSignal) => Promise<{ readonly report: object; readonly held: boolean; readonly json: string | undefined }>;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs a chaos test; the exit code: 0 held, 1 did not, 2 wrong usage, 130 interrupted. */
export async function main([name, ...args]: readonly string[]): Promise<number> {
  let test: ChaosTest;
  try {
    test = testOf(name, args);
  } catch (error) {
    process.stderr.write(`${error instanceof ZodError ? z.prettifyError(error) : String((error as Error).message)}\n${USAGE}`);
    return 2;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  try {
    const { report, held, json } = await test(stop.signal);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
    return held ? 0 : 1;
  } catch (error) {
    if (!stop.signal.aborted && !(error instanceof NoStackError)) throw error;
    // whatever failed after Ctrl-C failed in its wake
    const problem: unknown = stop.signal.aborted ? stop.signal.reason : error;
    process.stderr.write(`${problem instanceof Error ? problem.message : String(problem)}\n`);
    return stop.signal.aborted ? 130 : 1;
  }
}

function testOf(name: string | undefined, args: readonly string[]): ChaosTest {
  switch (name) {
    case 'runs': {
      const options = parseRunsOptions(args, randomInt(2 ** 32 - 1));
      return async (signal) => {
        const report = await runRunsChaos(options, HOME, signal, say);
        say(formatReport(report));
        return { report, held: report.verdict.faults.length === 0, json: options.json };
      };
    }
    case 'deploy': {
      const { runs, json } = parseDeployOptions(args);
      return async (signal) => {
        const report = await withChaosStack(HOME, signal, ({ home, url, apiKey }) => runDeployChaos({ home, url, apiKey, runs, signal, say }));
        say(JSON.stringify(report, null, 2));
        return { report, held: report.ends['success'] === runs, json };
      };
    }
    case 'waiting': {
      const { json, ...options } = parseWaitingOptions(args, randomInt(2 ** 32 - 1));
      return async (signal) => {
        const report = await runWaitingChaos(options, HOME, signal, say);
        say(JSON.stringify(report, null, 2));
        const { runs, answered, waiting, openWorkflows, ends } = report;
        const held = waiting.every((n) => n === runs) && openWorkflows === 0 && ends['success'] === Math.min(answered, runs);
        return { report, held, json };
      };
    }
    default:
      throw new TypeError(name === undefined ? 'which test?' : `there is no test ${name}`);
  }
}
