import { join } from 'node:path';
import { loadavg } from 'node:os';
import { CHECKOUT, freePort } from '@holdfast/testing';
import type { Client } from '@temporalio/client';
import { HoldfastSubject } from '../holdfast.subject';
import { compare } from '../measure';
import type { RuntimePart, RuntimePlan } from '../options';
import { withStack } from '../own-stack';
import { PlainSubject } from '../plain/plain.subject';
import { PlainWorker } from '../plain/plain-worker.process';
import type { StackUnderTest } from '../stack-under-test';
import { type Subject, load } from '../subject';
import { withTemporal } from '../temporal-client';
import { THREE_CALLS, type Workload } from '../workload';
import { measureOpenRuns } from './open-runs';
import { measureReplay } from './replay';
import type { RuntimeFigures, RuntimeReport } from './report';
import { soak } from './soak';
import { measureTurns } from './turns';
import { measureWaiting } from './waiting';
import { measureWaits } from './waits';
import type { WorkerUnderTest } from './worker-memory';
import { LONG_WAIT, MANY_STEPS, THREE_WAITS, WORKLOADS } from './workloads';

export { formatRuntime } from './format';
export { shortfalls } from './verdict';

/** Runs of each side before the memory of waiting ones is looked at. */
const WARM_UP = 200;

/** Measures the runtime beside plain Temporal, on a stack of its own. @throws CannotMeasureError */
export async function measureRuntime(plan: RuntimePlan, signal: AbortSignal, say: (line: string) => void): Promise<RuntimeReport> {
  const graphs = join(CHECKOUT, 'tools/bench/graphs');
  const inspectPort = await freePort();
  const nodeOptions = `--inspect-port=${inspectPort}`;
  return withStack({ signal, graphs, nodeOptions }, (stack) => withTemporal(stack, (temporal) => measure({ stack, inspectPort, temporal, plan, signal, say })));
}

interface Bench {
  readonly stack: StackUnderTest;
  /** Of the stack's worker. */
  readonly inspectPort: number;
  readonly temporal: Client;
  readonly plan: RuntimePlan;
  readonly signal: AbortSignal;
  say(line: string): void;
}

async function measure({ stack, inspectPort, temporal, plan, signal, say }: Bench): Promise<RuntimeReport> {
  const loadBefore = loadavg()[0] ?? 0;
  const plain = await PlainWorker.start(stack, signal);
  const sides = (workload: Workload) => [new HoldfastSubject(stack, temporal, workload), new PlainSubject(plain, temporal, workload)] as const;
  const ours = { pid: stack.pids['worker'] ?? 0, inspectPort };
  const measured: { readonly [Part in RuntimePart]: () => Promise<RuntimeFigures[Part]> } = {
    workloads: () => inTurn(WORKLOADS, async (workload) => {
      say(workload.name);
      const subjects = await compare(sides(workload), phasesOf(plan, workload), { ...stack.pids, 'plain-worker': plain.pid }, say);
      return { name: workload.name, subjects };
    }),
    open: () => inTurn(sides(THREE_CALLS), (side) => measureOpenRuns(side, plan.openRuns, workerOf(side).pid)),
    waiting: async () => {
      // what a worker's first runs leave behind for good is not what a waiting one costs
      await inTurn(sides(THREE_CALLS), (side) => load(side, WARM_UP, 50));
      return inTurn(sides(LONG_WAIT), (side) => measureWaiting(side, plan.openRuns, workerOf(side)));
    },
    waits: () => inTurn(sides(THREE_WAITS), (side) => measureWaits(side, plan.waits)),
    turns: () => measureTurns(stack, plan.turns),
    replay: async () => {
      const [graph, workflow] = sides(MANY_STEPS);
      await Promise.all([graph.run(0), workflow.run(0)]);
      return measureReplay(temporal, { holdfast: graph.lastWorkflowId ?? '', plain: workflow.lastWorkflowId ?? '' }, plan.replays);
    },
    soak: () => soak(sides(THREE_CALLS)[0], plan.soak, ours, say),
  };
  const workerOf = (side: Subject): WorkerUnderTest => (side instanceof PlainSubject ? plain : ours);
  try {
    const parts = await inTurn(plan.parts, async (part) => {
      say(`— ${part}`);
      return [part, await measured[part]()] as const;
    });
    return { loadBefore, ...(Object.fromEntries(parts) as Partial<RuntimeFigures>) };
  } finally {
    await plain.stop();
  }
}

async function inTurn<T, R>(items: readonly T[], each: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await each(item));
  return results;
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
