import { APPS, type AppName } from '../servers/app-names.ts';
import { appSpecs } from '../servers/apps.ts';
import { devModelSpec, modelChoice } from '../servers/dev-model.ts';
import { portOf, type StackContext } from '../servers/stack-context.ts';
import type { Supervisor } from '../supervise/supervisor.ts';
import type { Addresses } from './addresses.ts';
import { buildApps } from './build-apps.ts';

/** How long an app may take until it is ready once the servers serve, in milliseconds. */
const READY_TIMEOUT_MS = 90_000;

/**
 * Builds what is stale and starts the apps as soon as the database has its tables; they wait for the other servers by
 * themselves. Resolves when all of them are ready. Their time counts from when all servers serve: on a new machine those are still
 * being built for minutes.
 */
export async function startApps(
  context: StackContext,
  supervisor: Supervisor,
  addresses: Addresses,
  servers: {
    readonly migrated: Promise<void>;
    readonly all: Promise<unknown>;
    readonly without?: AppName | undefined;
    /** File of the bundle that the worker runs; default: the one that is built with it. */
    readonly workflowBundle?: Promise<string> | undefined;
  },
): Promise<void> {
  const { isDevelopmentModel } = modelChoice(context.settings.env, portOf(context.ports, 'dev-model'));
  if (isDevelopmentModel) supervisor.start(devModelSpec(context));
  const [workflowBundle] = await Promise.all([servers.workflowBundle, buildApps(context), servers.migrated]);
  const apps = APPS.filter((name) => name !== servers.without);
  for (const spec of appSpecs(context, addresses, workflowBundle)) if (spec.name !== servers.without) supervisor.start(spec);
  await servers.all;
  const names: readonly string[] = isDevelopmentModel ? ['dev-model', ...apps] : apps;
  await Promise.all(
    names.map((name) =>
      context.step(`Starting ${name}`, () => supervisor.waitReady(name, { timeoutMs: READY_TIMEOUT_MS, signal: context.signal })),
    ),
  );
}
