import { parseArgs } from 'node:util';

/** How to use the command. */
export const USAGE = `npm run deployments                            builds, who takes new runs, open and stuck runs
npm run deployments -- ramp BUILD PERCENT      give the build so many percent of the new runs; 0 ends the ramp
npm run deployments -- promote BUILD [--bundle FILE] [--runs N] [--force]
                                               give the build all new runs, after a rehearsal with its bundle
npm run deployments -- rollback [--reason TEXT] take back the ramping build, or the current one when none is ramping
npm run deployments -- rehearse FILE [--runs N] replay N live histories (default 50) on the bundle FILE
BUILD is the beginning of a build id. A stack that runs here is found by HOLDFAST_HOME; another one by TEMPORAL_ADDRESS and DATABASE_URL (role holdfast_gateway).`;

/** What to do. */
export type Command =
  | { readonly kind: 'show' }
  | { readonly kind: 'ramp'; readonly build: string; readonly percent: number }
  | { readonly kind: 'promote'; readonly build: string; readonly bundle: string | undefined; readonly force: boolean; readonly runs: number }
  | { readonly kind: 'rollback'; readonly reason: string }
  | { readonly kind: 'rehearse'; readonly bundle: string; readonly runs: number };

const DEFAULT_RUNS = 50;
const MOST_RUNS = 1_000;

/** Reads the command line. @throws Error with what is wrong */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { bundle: { type: 'string' }, force: { type: 'boolean' }, runs: { type: 'string' }, reason: { type: 'string' } },
  });
  const [verb, first, second, ...rest] = positionals;
  const runs = numberOf(values.runs ?? String(DEFAULT_RUNS), 1, MOST_RUNS, '--runs');
  if (rest.length > 0) throw new Error(`${rest[0]} is too much`);
  switch (verb) {
    case undefined:
      return { kind: 'show' };
    case 'ramp':
      return { kind: 'ramp', build: buildOf(first), percent: numberOf(second, 0, 100, 'PERCENT') };
    case 'promote':
      return { kind: 'promote', build: buildOf(first), bundle: values.bundle, force: values.force ?? false, runs };
    case 'rollback':
      return { kind: 'rollback', reason: values.reason ?? 'by hand' };
    case 'rehearse':
      if (first === undefined) throw new Error('rehearse needs the file of a bundle');
      return { kind: 'rehearse', bundle: first, runs };
    default:
      throw new Error(`there is no command ${verb}`);
  }
}

function buildOf(text: string | undefined): string {
  if (text === undefined || !/^[\w.-]{4,}$/.test(text)) throw new Error('BUILD is the beginning of a build id, four characters at least');
  return text;
}

function numberOf(text: string | undefined, least: number, most: number, name: string): number {
  const value = Number(text);
  if (text === undefined || !Number.isInteger(value) || value < least || value > most) throw new Error(`${name} is a whole number from ${least} to ${most}`);
  return value;
}
