import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { Client, Connection } from '@temporalio/client';
import { HoldfastSubject } from './holdfast.subject';
import { compare, measureStreams } from './measure';
import { USAGE, parseOptions, type BenchOptions } from './options';
import { CHECKOUT, leaseStack } from './own-stack';
import { PlainSubject } from './plain/plain.subject';
import { profileApps } from './profile';
import { comparisonTable, cpuTable, streamTable } from './table';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs the bench; the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  if (options.profile) await profileApps(options.plan, say);
  else await runComparison(options);
  return 0;
}

async function runComparison(options: BenchOptions): Promise<void> {
  const lease = await leaseStack();
  const connection = await Connection.connect({ address: lease.stack.temporalAddress });
  const temporal = new Client({ connection, namespace: 'holdfast' });
  let plain: PlainSubject | undefined;
  try {
    const loadBefore = loadavg()[0] ?? 0;
    plain = await PlainSubject.start(lease.stack, temporal);
    const holdfast = new HoldfastSubject(lease.stack, temporal);
    const subjects = await compare([holdfast, plain], options.plan, { ...lease.stack.pids, 'plain-worker': plain.pid }, say);
    const streams = [
      await measureStreams(holdfast, options.plan.streams.alone, 1),
      await measureStreams(holdfast, options.plan.streams.together, 30),
    ];
    say(`\n${comparisonTable(subjects)}\n\n${cpuTable(subjects)}\n\n${streamTable(streams)}`);
    if (options.json === undefined) return;
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: CHECKOUT, encoding: 'utf8' }).trim();
    const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, loadBefore };
    writeFileSync(options.json, `${JSON.stringify({ date: new Date().toISOString(), commit, machine, plan: options.plan, subjects, streams }, null, 2)}\n`);
    say(`\nwritten to ${options.json}`);
  } finally {
    await plain?.stop();
    await connection.close();
    await lease.release();
  }
}
