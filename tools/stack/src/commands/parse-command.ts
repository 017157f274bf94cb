import { APPS, type AppName } from '../servers/app-names.ts';

/** One of our commands with its flags. */
export type Command =
  | { readonly name: 'start'; readonly exit: boolean; readonly sample: boolean; readonly graphs: string | undefined }
  | { readonly name: 'up' | 'supervise'; readonly serversOnly: boolean; readonly without: AppName | undefined; readonly graphs: string | undefined }
  | { readonly name: 'env'; readonly app: AppName }
  | { readonly name: 'down' | 'status' }
  | { readonly name: 'logs'; readonly process: string | undefined; readonly follow: boolean }
  | { readonly name: 'test'; readonly only: TestSelection | undefined };

/** A part of `npm test`. */
export type TestSelection = 'unit' | 'int' | 'e2e';

/** Shown for unknown commands and flags. */
export const USAGE = `Usage:
  npm start                        install, build and start everything, run the sample, serve until Ctrl-C
  npm start -- --exit              end after the sample run (exit code 0 or 1)
  npm start -- --no-sample         start without the sample run
  npm start -- --graphs FOLDER     with the graphs of a folder that has a langgraph.json; also for up
  npm run stack -- up              start everything in the background
  npm run stack -- up --servers-only
                                   start PostgreSQL, NATS, Redis and Temporal, but not our apps
  npm run stack -- up --without APP
                                   start everything but one app, to run that one from source
  npm run stack -- env APP         the environment that app needs:
                                   (eval "$(npm run -s stack -- env APP)" && npx nx serve APP)
  npm run stack -- down            end what runs in the background
  npm run stack -- status          a table of the processes
  npm run stack -- logs [NAME] [--follow]
  npm test                         everything
  npm test -- --only unit|int|e2e  a part
Settings (environment): HOLDFAST_PORT (8083), HOLDFAST_HOME (.holdfast), HOLDFAST_CACHE (~/.cache/holdfast), HOLDFAST_GRAPHS,
  LLM_GATEWAY_URL, LLM_GATEWAY_API_KEY, LLM_MODEL; servers of your own: HOLDFAST_POSTGRES_URL, HOLDFAST_NATS_URL,
  HOLDFAST_REDIS_URL, HOLDFAST_TEMPORAL_ADDRESS, HOLDFAST_TEMPORAL_UI_URL
`;

/** Parses the command line; undefined when there is no such command or flag. */
export function parseCommand(args: readonly string[]): Command | undefined {
  const [name, ...given] = args;
  const taken = takeGraphs(given);
  if (taken === undefined) return undefined;
  const { graphs, rest } = taken;
  if (graphs !== undefined && name !== 'start' && name !== 'up' && name !== 'supervise') return undefined;
  const flags = new Set(rest.filter((arg) => arg.startsWith('-')));
  const words = rest.filter((arg) => !arg.startsWith('-'));
  const allows = (allowed: readonly string[], maximumWords = 0): boolean =>
    [...flags].every((flag) => allowed.includes(flag)) && words.length <= maximumWords;
  switch (name) {
    case 'start':
      if (!allows(['--exit', '--no-sample'])) return undefined;
      return { name, exit: flags.has('--exit'), sample: !flags.has('--no-sample'), graphs };
    case 'up':
    case 'supervise':
      return parseUp(name, rest, graphs);
    case 'env':
      return allows([], 1) && isAppName(words[0]) ? { name, app: words[0] } : undefined;
    case 'down':
    case 'status':
      return allows([]) ? { name } : undefined;
    case 'logs':
      return allows(['--follow', '-f'], 1) ? { name, process: words[0], follow: flags.has('--follow') || flags.has('-f') } : undefined;
    case 'test':
      return parseTest(rest);
    default:
      return undefined;
  }
}

function parseUp(name: 'up' | 'supervise', args: readonly string[], graphs: string | undefined): Command | undefined {
  if (args.length === 0) return { name, serversOnly: false, without: undefined, graphs };
  const [flag, app, ...more] = args;
  if (flag === '--servers-only' && app === undefined) return { name, serversOnly: true, without: undefined, graphs };
  if (flag === '--without' && isAppName(app) && more.length === 0) return { name, serversOnly: false, without: app, graphs };
  return undefined;
}

/** Takes `--graphs FOLDER` or `--graphs=FOLDER` out; undefined when the folder is missing. */
function takeGraphs(args: readonly string[]): { graphs: string | undefined; rest: readonly string[] } | undefined {
  const at = args.findIndex((arg) => arg === '--graphs' || arg.startsWith('--graphs='));
  if (at < 0) return { graphs: undefined, rest: args };
  const isOneWord = args[at] !== '--graphs';
  const graphs = isOneWord ? args[at]?.slice('--graphs='.length) : args[at + 1];
  if (graphs === undefined || graphs === '' || graphs.startsWith('-')) return undefined;
  return { graphs, rest: args.toSpliced(at, isOneWord ? 1 : 2) };
}

function isAppName(word: string | undefined): word is AppName {
  return (APPS as readonly (string | undefined)[]).includes(word);
}

function parseTest(args: readonly string[]): Command | undefined {
  if (args.length === 0) return { name: 'test', only: undefined };
  const [flag, value] = args[0]?.includes('=') === true ? args[0].split('=', 2) : args;
  if (flag !== '--only' || (value !== 'unit' && value !== 'int' && value !== 'e2e')) return undefined;
  return { name: 'test', only: value };
}
