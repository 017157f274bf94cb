import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { WorkerDeployments } from '@holdfast/agent-runtime/deployments';
import { BuildsRepository, createDatabase } from '@holdfast/persistence';
import { CHECKOUT } from '@holdfast/testing';
import { Connection } from '@temporalio/client';

/** The stack as an operator of deployments sees it. */
export interface DeployStack {
  readonly deployments: WorkerDeployments;
  readonly builds: BuildsRepository;
  /** Settings of the stack's worker. */
  readonly workerSettings: Readonly<Record<string, string>>;
  /** How many workflows that Temporal still knows meet the condition of its list filter. */
  count(query: string): Promise<number>;
}

const CALL_TIMEOUT_MS = 10_000;

/** Connects to a running stack while `work` lasts. @param home its HOLDFAST_HOME */
export async function withDeployStack<T>(home: string, work: (stack: DeployStack) => Promise<T>): Promise<T> {
  const [workerSettings, { TEMPORAL_ADDRESS: address = '', TEMPORAL_NAMESPACE: namespace = '', DATABASE_URL: url = '' }] = await Promise.all([
    settingsOf('worker'),
    settingsOf('api-gateway'),
  ]);
  const connection = await Connection.connect({ address, connectTimeout: CALL_TIMEOUT_MS });
  const database = createDatabase({ url, maxConnections: 2, applicationName: 'holdfast-chaos' });
  try {
    return await work({
      deployments: new WorkerDeployments(connection, { namespace, identity: `chaos-${process.pid}` }),
      builds: new BuildsRepository(database),
      workerSettings,
      count: async (query) => {
        const { count } = await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => connection.workflowService.countWorkflowExecutions({ namespace, query }));
        return Number(count ?? 0);
      },
    });
  } finally {
    await Promise.allSettled([connection.close(), database.close()]);
  }

  async function settingsOf(app: string): Promise<Record<string, string>> {
    const { stdout } = await promisify(execFile)(process.execPath, [join(CHECKOUT, 'tools/stack/bin/stack.mjs'), 'env', app], {
      cwd: CHECKOUT,
      env: { PATH: process.env['PATH'], HOLDFAST_HOME: home },
    });
    return parseEnv(stdout) as Record<string, string>;
  }
}
