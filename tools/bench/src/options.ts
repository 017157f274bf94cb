import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface BenchOptions {
  readonly what: 'comparison' | 'profile' | 'runtime' | 'tokens';
  readonly json: string | undefined;
  readonly plan: BenchPlan;
  readonly runtime: RuntimePlan;
}

/** What `bench runtime` measures, in this order. */
export const RUNTIME_PARTS = ['workloads', 'open', 'waiting', 'waits', 'turns', 'replay', 'soak'] as const;
export type RuntimePart = (typeof RUNTIME_PARTS)[number];

/** How much `bench runtime` measures. */
export interface RuntimePlan {
  readonly parts: readonly RuntimePart[];
  readonly rounds: number;
  /** Phases of each workload; a workload of more calls than three gets proportionally fewer runs. */
  readonly phases: BenchPlan['phases'];
  /** Runs that are started at once and looked at while they are open. */
  readonly openRuns: number;
  /** Runs that wait three times for a second, all at once. */
  readonly waits: number;
  /** Threads that are open at the same time, and how many turns each of them makes. */
  readonly turns: { readonly threads: number; readonly each: number };
  /** Replays of one history; the first of each side is not counted. */
  readonly replays: number;
  /** Runs between the first and the last look at the worker's memory. */
  readonly soak: number;
}

/** How much is measured. Counts are runs of one subject in one round. */
export interface BenchPlan {
  readonly rounds: number;
  readonly warmUp: number;
  readonly phases: readonly { readonly inFlight: number; readonly count: number }[];
  readonly streams: { readonly alone: number; readonly together: number };
}

const FULL: BenchPlan = {
  rounds: 3,
  warmUp: 60,
  phases: [
    { inFlight: 1, count: 40 },
    { inFlight: 30, count: 240 },
    { inFlight: 200, count: 600 },
  ],
  streams: { alone: 20, together: 60 },
};

const QUICK: BenchPlan = {
  rounds: 1,
  warmUp: 30,
  phases: [
    { inFlight: 1, count: 20 },
    { inFlight: 30, count: 90 },
    { inFlight: 200, count: 200 },
  ],
  streams: { alone: 10, together: 30 },
};

const RUNTIME: RuntimePlan = {
  parts: RUNTIME_PARTS,
  rounds: 3,
  phases: [
    { inFlight: 1, count: 30 },
    { inFlight: 30, count: 150 },
  ],
  openRuns: 1_000,
  waits: 200,
  turns: { threads: 200, each: 8 },
  replays: 11,
  soak: 20_000,
};

const QUICK_RUNTIME: RuntimePlan = {
  parts: RUNTIME_PARTS,
  rounds: 1,
  phases: [
    { inFlight: 1, count: 10 },
    { inFlight: 30, count: 60 },
  ],
  openRuns: 300,
  waits: 60,
  turns: { threads: 40, each: 6 },
  replays: 6,
  soak: 600,
};

/** How the command is used. */
export const USAGE = `npm run bench -- [runtime | tokens] [--quick] [--json FILE] [--profile]
  runtime    more workloads: both lanes, fan-out, ten turns, open and waiting runs, later turns, cold replay, memory; on a stack of its own
  tokens     how long tokens take from a model to a client; on a stack of its own
  --quick    one short round (about a minute)
  --only     these parts of runtime, such as open,soak: ${RUNTIME_PARTS.join(', ')}
  --json     writes every figure to FILE
  --profile  a CPU profile of worker and gateway under load instead of the comparison`;

/** @throws TypeError for an unknown option */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, json: { type: 'string' }, only: { type: 'string' }, profile: { type: 'boolean', default: false } },
  });
  const [name, ...more] = positionals;
  if (more.length > 0 || (name !== undefined && name !== 'runtime' && name !== 'tokens')) throw new TypeError(`there is no bench ${positionals.join(' ')}`);
  if (name !== undefined && values.profile) throw new TypeError(`${name} and --profile exclude each other`);
  if (values.only !== undefined && name !== 'runtime') throw new TypeError('--only belongs to runtime');
  const runtime = values.quick ? QUICK_RUNTIME : RUNTIME;
  return {
    what: name ?? (values.profile ? 'profile' : 'comparison'),
    json: values.json,
    plan: values.quick ? QUICK : FULL,
    runtime: { ...runtime, parts: values.only === undefined ? runtime.parts : partsOf(values.only) },
  };
}

function partsOf(list: string): RuntimePart[] {
  const asked = list.split(',');
  const unknown = asked.filter((name) => !RUNTIME_PARTS.some((part) => part === name));
  if (unknown.length > 0) throw new TypeError(`runtime has no part ${unknown.join(', ')}`);
  return RUNTIME_PARTS.filter((part) => asked.includes(part));
}
