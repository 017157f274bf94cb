import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { WorkerDeployments } from '@holdfast/agent-runtime/deployments';
import { BuildsRepository, createDatabase } from '@holdfast/persistence';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';

/** Root of the checkout. */
export const CHECKOUT = resolve(import.meta.dirname, '../../..');

/** What the commands work with. */
export interface Connections {
  readonly deployments: WorkerDeployments;
  readonly builds: BuildsRepository;
  readonly temporal: Client;
}

const schema = z.object({ TEMPORAL_ADDRESS: z.string().min(1), TEMPORAL_NAMESPACE: z.string().min(1).default('holdfast'), DATABASE_URL: z.string().min(1) });

/** Connects while `work` lasts. @param env the process's environment */
export async function withConnections<T>(env: Readonly<Record<string, string | undefined>>, work: (connections: Connections) => Promise<T>): Promise<T> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, DATABASE_URL: url } = schema.parse(await settingsOf(env));
  const connection = await Connection.connect({ address, connectTimeout: 5_000 });
  const database = createDatabase({ url, maxConnections: 2, applicationName: 'holdfast-deployments' });
  try {
    const deployments = new WorkerDeployments(connection, { namespace, identity: `deployments-${process.pid}` });
    return await work({ deployments, builds: new BuildsRepository(database), temporal: new Client({ connection, namespace }) });
  } finally {
    await Promise.allSettled([connection.close(), database.close()]);
  }
}

/** As given, or those of the gateway of the stack that runs here. */
async function settingsOf(env: Readonly<Record<string, string | undefined>>): Promise<Record<string, string | undefined>> {
  if (env['TEMPORAL_ADDRESS'] !== undefined && env['DATABASE_URL'] !== undefined) return env;
  const stack = join(CHECKOUT, 'tools/stack/bin/stack.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [stack, 'env', 'api-gateway'], { cwd: CHECKOUT, env: { ...env } as NodeJS.ProcessEnv });
  return parseEnv(stdout) as Record<string, string>;
}
