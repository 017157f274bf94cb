import { join } from 'node:path';
import { CommandError, runCommand } from '../kit/run-command.ts';
import { baseEnvironment, nodeBinary, type StackContext } from '../servers/stack-context.ts';

/** Thrown when a migration fails; the message holds what the runner said. */
export class MigrationError extends Error {
  readonly code = 'STACK_MIGRATION_FAILED';
}

/** Applies the migrations of libs/persistence as the owner role. */
export async function migrate(context: StackContext, ownerUrl: string): Promise<void> {
  const { checkout } = context.settings;
  const script = join(checkout, 'tools/prisma/migrate-deploy.mjs');
  await runScript(context, 'The database could not be migrated', [script, join(checkout, 'libs/persistence/prisma/migrations')], ownerUrl);
}

/** The development tenant and a key for it. */
export interface DevTenant {
  readonly tenantId: string;
  readonly apiKey: string;
}

/** Creates the development tenant (harmless to repeat) and a new API key. */
export async function createDevTenant(context: StackContext, ownerUrl: string): Promise<DevTenant> {
  const args = ['--import', '@swc-node/register/esm-register', 'scripts/dev-tenant.ts'];
  const output = await runScript(context, 'The development tenant could not be created', args, ownerUrl, {
    cwd: join(context.settings.checkout, 'libs/persistence'),
    env: { SWC_NODE_PROJECT: 'tsconfig.json' },
  });
  return parseDevTenant(output);
}

/** Reads the last line that is a JSON object with `tenant_id` and `api_key`. */
export function parseDevTenant(output: string): DevTenant {
  for (const line of output.trimEnd().split('\n').reverse()) {
    if (!line.startsWith('{')) continue;
    const value: unknown = JSON.parse(line);
    const { tenant_id: tenantId, api_key: apiKey } = value as Record<string, unknown>;
    if (typeof tenantId === 'string' && typeof apiKey === 'string') return { tenantId, apiKey };
  }
  throw new MigrationError(`dev-tenant.ts printed no tenant and key:\n${output}`);
}

async function runScript(
  context: StackContext,
  failure: string,
  args: readonly string[],
  ownerUrl: string,
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  try {
    return await runCommand(nodeBinary(), args, {
      cwd: options.cwd ?? context.settings.checkout,
      env: { ...baseEnvironment(context), DATABASE_URL: ownerUrl, ...options.env },
      signal: context.signal,
      logFile: context.layout.log('migrate'),
      timeoutMs: 5 * 60_000,
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new MigrationError(`${failure}:\n${error.output.trimEnd().split('\n').slice(-15).join('\n')}`);
  }
}
