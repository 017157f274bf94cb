import type { Progress } from '../kit/progress.ts';
import type { HomeLayout } from '../layout.ts';
import { isPortFree } from '../ports.ts';
import type { Secrets } from '../secrets.ts';
import type { AppName } from '../servers/app-names.ts';
import { HOST, type StackContext } from '../servers/stack-context.ts';
import type { Settings } from '../settings.ts';
import { Supervisor } from '../supervise/supervisor.ts';
import { addressesOf, type Addresses } from './addresses.ts';
import { ensureDevKey } from './dev-key.ts';
import { migrate } from './migrate.ts';
import { prepareGraphs } from './outside-graphs.ts';
import { openHome, type OpenHome } from './open-home.ts';
import { startApps } from './start-apps.ts';
import { STOP_GROUPS, startServers } from './start-servers.ts';

/** What to start and where to show progress. */
export interface StartOptions {
  readonly settings: Settings;
  readonly progress: Progress;
  /** Aborting ends the start; everything started so far is ended before the promise rejects. */
  readonly signal: AbortSignal;
  /** Only PostgreSQL, NATS, Redis, Temporal with its Web UI and the MCP demonstration server. Default false. */
  readonly serversOnly?: boolean;
  /** An app that somebody else runs, from source say. Default none. */
  readonly without?: AppName | undefined;
}

/** A stack that runs; `stop()` ends everything it started and nothing else. */
export interface RunningStack {
  readonly settings: Settings;
  readonly layout: HomeLayout;
  readonly secrets: Secrets;
  readonly addresses: Addresses;
  /** Base URL of the API. */
  readonly apiUrl: string;
  /** Key of the development tenant; undefined with `serversOnly`. */
  readonly apiKey: string | undefined;
  /** Names of the graphs of `Settings.graphs`. */
  readonly graphs: readonly string[];
  stop(): Promise<void>;
}

/** Thrown when somebody else listens on the API's port. */
export class ApiPortTakenError extends Error {
  readonly code = 'STACK_API_PORT_TAKEN';

  constructor(port: number) {
    super(`Port ${port} is taken by another program. End that program, or choose another port: HOLDFAST_PORT=${port + 1} npm start`);
  }
}

/** Starts servers and apps of one home and returns when everything serves. */
export async function startStack(options: StartOptions): Promise<RunningStack> {
  const { settings, progress } = options;
  const home = await openHome(settings);
  if (home.endedLeftovers.length > 0) {
    progress.line(`Ended what a killed supervisor had left running: ${home.endedLeftovers.join(', ')}`);
  }
  const failure = new AbortController();
  const context: StackContext = {
    settings,
    layout: home.layout,
    ports: home.ports,
    secrets: home.secrets,
    signal: AbortSignal.any([options.signal, failure.signal]),
    step: (title, work, quietMs) => progress.step(title, work, quietMs),
  };
  const supervisor = new Supervisor(home.layout, (text) => progress.line(text));
  try {
    return await start(context, supervisor, home, options);
  } catch (error) {
    // the first failure ends the other steps, which then fail in its wake
    failure.abort(error);
    await supervisor.stop(STOP_GROUPS);
    home.close();
    throw error;
  }
}

async function start(context: StackContext, supervisor: Supervisor, home: OpenHome, { serversOnly: isServersOnly = false, without, progress }: StartOptions): Promise<RunningStack> {
  const { settings, layout, secrets } = context;
  if (!isServersOnly && without !== 'api-gateway' && !(await isPortFree(settings.apiPort))) throw new ApiPortTakenError(settings.apiPort);
  // first, because a folder that is refused must not have started anything
  const graphs = isServersOnly || settings.graphs === undefined ? undefined : await prepareGraphs(context, settings.graphs);
  for (const remark of graphs?.remarks ?? []) progress.line(remark);
  const addresses = addressesOf(settings.external, home.ports, secrets);
  const servers = startServers(context, supervisor, addresses);
  const migrated = servers.databases.then(() => context.step('Migrating the database', () => migrate(context, addresses.owner), 300));
  migrated.catch(() => undefined);
  const all = Promise.all(Object.values(servers) as Promise<void>[]);
  const apps = isServersOnly ? migrated : startApps(context, supervisor, addresses, { migrated, all, without, workflowBundle: graphs?.bundle });
  await Promise.all([all, apps]);
  const apiUrl = `http://${HOST}:${settings.apiPort}`;
  const apiKey = isServersOnly ? undefined : await ensureDevKey(context, addresses.owner, apiUrl);
  home.markReady();
  return {
    settings,
    layout,
    secrets,
    addresses,
    apiUrl,
    apiKey,
    graphs: graphs?.names ?? [],
    stop: async () => {
      await supervisor.stop(STOP_GROUPS);
      home.close();
    },
  };
}
