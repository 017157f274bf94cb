import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { CHECKOUT } from '@holdfast/testing';
import type { Client } from '@temporalio/client';
import { HoldfastSubject } from './holdfast.subject';
import { compare, measureStreams } from './measure';
import { USAGE, parseOptions, type BenchOptions } from './options';
import { CannotMeasureError, withStack } from './own-stack';
import { PlainSubject } from './plain/plain.subject';
import { PlainWorker } from './plain/plain-worker.process';
import { profileApps } from './profile';
import { formatRuntime, measureRuntime, shortfalls } from './runtime';
import type { StackUnderTest } from './stack-under-test';
import { machineTime, stolenBetween } from './stolen';
import { comparisonTable, cpuTable, streamTable } from './table';
import { withTemporal } from './temporal-client';
import { formatTokens, measureTokens } from './tokens';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const begun = machineTime();

/** Runs the bench; the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort(new Error(`ended by ${name}`)));
  try {
    switch (options.what) {
      case 'profile':
        await profileApps(options.plan, stop.signal, say);
        break;
      case 'runtime': {
        const report = await measureRuntime(options.runtime, stop.signal, say);
        say(`\n${formatRuntime(report)}`);
        write(options, report);
        const found = shortfalls(report);
        for (const line of found) process.stderr.write(`does not hold: ${line}\n`);
        return found.length === 0 ? 0 : 1;
      }
      case 'tokens': {
        const figures = await measureTokens(stop.signal, say);
        say(`\n${formatTokens(figures)}`);
        write(options, { figures });
        break;
      }
      case 'comparison':
        await runComparison(options, stop.signal);
    }
    return 0;
  } catch (error) {
    if (!stop.signal.aborted && !(error instanceof CannotMeasureError)) throw error;
    // whatever failed after Ctrl-C failed in its wake
    const problem: unknown = stop.signal.aborted ? stop.signal.reason : error;
    process.stderr.write(`${problem instanceof Error ? problem.message : String(problem)}\n`);
    return stop.signal.aborted ? 130 : 1;
  }
}

async function runComparison(options: BenchOptions, signal: AbortSignal): Promise<void> {
  await withStack({ signal }, (stack) => withTemporal(stack, (temporal) => measure(options, { stack, temporal, signal })));
}

async function measure(options: BenchOptions, on: { stack: StackUnderTest; temporal: Client; signal: AbortSignal }): Promise<void> {
  const loadBefore = loadavg()[0] ?? 0;
  const plain = await PlainWorker.start(on.stack, on.signal);
  try {
    const holdfast = new HoldfastSubject(on.stack, on.temporal);
    const subjects = await compare([holdfast, new PlainSubject(plain, on.temporal)], options.plan, { ...on.stack.pids, 'plain-worker': plain.pid }, say);
    const streams = [
      await measureStreams(holdfast, options.plan.streams.alone, 1),
      await measureStreams(holdfast, options.plan.streams.together, 30),
    ];
    say(`\n${comparisonTable(subjects)}\n\n${cpuTable(subjects)}\n\n${streamTable(streams)}`);
    write(options, { plan: options.plan, loadBefore, subjects, streams });
  } finally {
    await plain.stop();
  }
}

/** Says how far the machine was ours, and writes the figures with what they were measured on, when a file is asked for. */
function write({ json }: BenchOptions, figures: object): void {
  const stolen = stolenBetween(begun, machineTime());
  say(`\nother machines on the same host had ${(stolen * 100).toFixed(0)} % of the processor time`);
  if (json === undefined) return;
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: CHECKOUT, encoding: 'utf8' }).trim();
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, stolen };
  writeFileSync(json, `${JSON.stringify({ date: new Date().toISOString(), commit, machine, ...figures }, null, 2)}\n`);
  say(`\nwritten to ${json}`);
}
