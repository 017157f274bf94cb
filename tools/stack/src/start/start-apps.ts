import { APPS, appSpecs } from '../servers/apps.ts';
import { devModelSpec, modelChoice } from '../servers/dev-model.ts';
import { portOf, type StackContext } from '../servers/stack-context.ts';
import type { Supervisor } from '../supervise/supervisor.ts';
import type { Addresses } from './addresses.ts';
import { buildApps } from './build-apps.ts';

/** How long an app may take until it is ready, in milliseconds. */
const READY_TIMEOUT_MS = 90_000;

/**
 * Builds what is stale and starts the apps as soon as the database has its tables; they wait for the other servers by
 * themselves. Resolves when all of them are ready.
 */
export async function startApps(context: StackContext, supervisor: Supervisor, addresses: Addresses, migrated: Promise<void>): Promise<void> {
  const { isDevelopmentModel } = modelChoice(context.settings.env, portOf(context.ports, 'dev-model'));
  if (isDevelopmentModel) supervisor.start(devModelSpec(context));
  await Promise.all([buildApps(context), migrated]);
  for (const spec of appSpecs(context, addresses)) supervisor.start(spec);
  const names: readonly string[] = isDevelopmentModel ? ['dev-model', ...APPS] : APPS;
  await Promise.all(
    names.map((name) =>
      context.step(`Starting ${name}`, () => supervisor.waitReady(name, { timeoutMs: READY_TIMEOUT_MS, signal: context.signal })),
    ),
  );
}
