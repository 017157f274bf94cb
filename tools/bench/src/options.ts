import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface BenchOptions {
  readonly json: string | undefined;
  readonly profile: boolean;
  readonly plan: BenchPlan;
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

/** How the command is used. */
export const USAGE = `npm run bench -- [--quick] [--json FILE] [--profile]
  --quick    one short round (about a minute)
  --json     writes every figure to FILE
  --profile  a CPU profile of worker and gateway under load instead of the comparison`;

/** @throws TypeError for an unknown option */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean', default: false }, json: { type: 'string' }, profile: { type: 'boolean', default: false } },
  });
  return { json: values.json, profile: values.profile, plan: values.quick ? QUICK : FULL };
}
