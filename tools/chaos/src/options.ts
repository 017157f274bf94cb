import { parseArgs } from 'node:util';
import { z } from 'zod';

/** How the command is used. */
export const USAGE = `npm run chaos -- runs [--executions N] [--at-once N] [--seed N] [--kill-every MS] [--kill-for SECONDS] [--limit SECONDS] [--json FILE]
  Runs of mixed patterns on a stack of its own, while processes of it are killed (kill -9).
  --executions  runs that are started; 3000
  --at-once     of them under way at the same time; 1000
  --seed        decides the mix and who is killed when; random
  --kill-every  time between two kills, milliseconds; 2000
  --kill-for    when the killing stops, seconds; as long as runs are under way
  --limit       longest it may take, seconds; 3600
  --json        writes every figure to FILE
npm run chaos -- deploy [--runs N] [--json FILE]
  A build that does not follow its own histories takes over runs that are under way: it must be taken back within a minute, and every run end well.
  --runs        runs under way; 200
npm run chaos -- waiting [--runs N] [--answered N] [--seed N] [--json FILE]
  Runs wait for people, every process is killed, some are answered: waiting must cost rows and nothing else.
  --runs        runs that wait; 10000
  --answered    of them answered in the end, chosen by the seed; 100
`;

const count = z.coerce.number().int().positive();

const runsOptions = z.object({
  executions: count.default(3_000),
  atOnce: count.default(1_000),
  seed: z.coerce.number().int().nonnegative().max(2 ** 32 - 1),
  killEveryMs: count.min(200).default(2_000),
  /** Seconds; absent: as long as runs are under way. */
  killForSeconds: count.optional(),
  limitSeconds: count.default(3_600),
  json: z.string().min(1).optional(),
});

/** What `chaos runs` is asked to do. */
export type RunsArguments = Readonly<z.infer<typeof runsOptions>>;

/**
 * Reads the arguments behind `runs`.
 * @param seed when none is given
 * @throws TypeError for an unknown option, ZodError for a bad value
 */
export function parseRunsOptions(args: readonly string[], seed: number): RunsArguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { executions: text, 'at-once': text, seed: text, 'kill-every': text, 'kill-for': text, limit: text, json: text } });
  return runsOptions.parse({
    executions: values.executions,
    atOnce: values['at-once'],
    seed: values.seed ?? seed,
    killEveryMs: values['kill-every'],
    killForSeconds: values['kill-for'],
    limitSeconds: values.limit,
    json: values.json,
  });
}

const deployOptions = z.object({ runs: count.default(200), json: z.string().min(1).optional() });

/** What `chaos deploy` is asked to do. */
export type DeployArguments = Readonly<z.infer<typeof deployOptions>>;

/** Reads the arguments behind `deploy`. @throws as {@link parseRunsOptions} */
export function parseDeployOptions(args: readonly string[]): DeployArguments {
  const { values } = parseArgs({ args: [...args], options: { runs: { type: 'string' }, json: { type: 'string' } } });
  return deployOptions.parse(values);
}

const waitingOptions = z.object({
  runs: count.default(10_000),
  answered: count.default(100),
  seed: z.coerce.number().int().nonnegative().max(2 ** 32 - 1),
  json: z.string().min(1).optional(),
});

/** What `chaos waiting` is asked to do. */
export type WaitingArguments = Readonly<z.infer<typeof waitingOptions>>;

/** Reads the arguments behind `waiting`. @throws as {@link parseRunsOptions} */
export function parseWaitingOptions(args: readonly string[], seed: number): WaitingArguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { runs: text, answered: text, seed: text, json: text } });
  return waitingOptions.parse({ ...values, seed: values.seed ?? seed });
}
