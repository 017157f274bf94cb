import { join } from 'node:path';
import { loadavg } from 'node:os';
import { CHECKOUT } from '@holdfast/testing';
import type { Client } from '@temporalio/client';
import { HoldfastSubject } from '../holdfast.subject';
import { type SubjectFigures, compare } from '../measure';
import type { RuntimePlan } from '../options';
import { withStack } from '../own-stack';
import { PlainSubject } from '../plain/plain.subject';
import { PlainWorker } from '../plain/plain-worker.process';
import type { StackUnderTest } from '../stack-under-test';
import { comparisonTable, cpuTable, markdown } from '../table';
import { withTemporal } from '../temporal-client';
import { THREE_CALLS, type Workload } from '../workload';
import { type OpenRunsFigures, measureOpenRuns } from './open-runs';
import { type ReplayFigures, measureReplay } from './replay';
import { type SoakFigures, soak } from './soak';
import { MANY_STEPS, WORKLOADS } from './workloads';

/** What `bench runtime` found. */
export interface RuntimeReport {
  readonly loadBefore: number;
  readonly workloads: readonly { readonly name: string; readonly subjects: readonly SubjectFigures[] }[];
  readonly openRuns: readonly OpenRunsFigures[];
  readonly replay: ReplayFigures;
  readonly soak: SoakFigures;
}

/** Measures the runtime beside plain Temporal, on a stack of its own. @throws CannotMeasureError */
export function measureRuntime(plan: RuntimePlan, signal: AbortSignal, say: (line: string) => void): Promise<RuntimeReport> {
  const graphs = join(CHECKOUT, 'tools/bench/graphs');
  return withStack({ signal, graphs }, (stack) => withTemporal(stack, (temporal) => measure({ stack, temporal, plan, signal, say })));
}

interface Bench {
  readonly stack: StackUnderTest;
  readonly temporal: Client;
  readonly plan: RuntimePlan;
  readonly signal: AbortSignal;
  say(line: string): void;
}

async function measure({ stack, temporal, plan, signal, say }: Bench): Promise<RuntimeReport> {
  const loadBefore = loadavg()[0] ?? 0;
  const plain = await PlainWorker.start(stack, signal);
  try {
    const sides = (workload: Workload) => ({ holdfast: new HoldfastSubject(stack, temporal, workload), plain: new PlainSubject(plain, temporal, workload) });
    const roots = { ...stack.pids, 'plain-worker': plain.pid };
    const workloads: { name: string; subjects: SubjectFigures[] }[] = [];
    for (const workload of WORKLOADS) {
      say(workload.name);
      const { holdfast, plain: other } = sides(workload);
      workloads.push({ name: workload.name, subjects: await compare([holdfast, other], phasesOf(plan, workload), roots, say) });
    }
    const three = sides(THREE_CALLS);
    const workerPid = stack.pids['worker'] ?? 0;
    say(`${plan.openRuns} runs at once`);
    const openRuns = [await measureOpenRuns(three.holdfast, plan.openRuns, workerPid), await measureOpenRuns(three.plain, plan.openRuns, plain.pid)];
    say('cold replay');
    const long = sides(MANY_STEPS);
    await Promise.all([long.holdfast.run(0), long.plain.run(0)]);
    const replay = await measureReplay(temporal, { holdfast: long.holdfast.lastWorkflowId ?? '', plain: long.plain.lastWorkflowId ?? '' }, plan.replays);
    return { loadBefore, workloads, openRuns, replay, soak: await soak(three.holdfast, plan.soak, workerPid, say) };
  } finally {
    await plain.stop();
  }
}

/** Fewer runs for workloads of more calls, so that each takes about as long. */
function phasesOf({ rounds, phases }: RuntimePlan, { results }: Workload) {
  const share = THREE_CALLS.results / results;
  return {
    rounds,
    warmUp: Math.ceil(30 * share),
    phases: phases.map(({ inFlight, count }) => ({ inFlight, count: Math.max(inFlight, Math.ceil(count * share)) })),
  };
}

/** The report as Markdown. */
export function formatRuntime({ workloads, openRuns, replay, soak: { runs, residentMiB } }: RuntimeReport): string {
  const one = (value: number): string => value.toFixed(1);
  return [
    ...workloads.map(({ name, subjects }) => `### ${name}\n\n${comparisonTable(subjects)}\n\n${cpuTable(subjects)}`),
    `### Many runs at once\n\n${markdown(
      ['', 'runs', 'put off', 'p50 ms', 'p99 ms', 'runs/s', 'worker memory KiB per run'],
      openRuns.map(({ name, runs: count, refused, p50Ms, p99Ms, runsPerSecond, memoryKibPerRun }) => [name, String(count), String(refused), one(p50Ms), one(p99Ms), one(runsPerSecond), one(memoryKibPerRun)]),
    )}`,
    `### Cold replay of 200 supersteps\n\n${markdown(
      ['', 'events', 'ms'],
      [
        ['holdfast', String(replay.events.holdfast), one(replay.ms.holdfast)],
        ['plain-temporal', String(replay.events.plain), one(replay.ms.plain)],
      ],
    )}`,
    `### Worker memory over ${runs} runs\n\n${residentMiB.map((mib) => mib.toFixed(0)).join(', ')} MiB`,
  ].join('\n\n');
}
