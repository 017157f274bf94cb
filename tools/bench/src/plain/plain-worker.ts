import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ToolRouterClient } from '@holdfast/rpc';
import { systemContext } from '@holdfast/tenant-context';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { z } from 'zod';

const environment = z
  .object({ PLAIN_TASK_QUEUE: z.string(), TEMPORAL_ADDRESS: z.string(), TOOL_ROUTER_ADDRESS: z.string(), HOLDFAST_INTERNAL_SECRET: z.string(), PLAIN_TENANT_ID: z.string() })
  .parse(process.env);
Runtime.install({ logger: new DefaultLogger('WARN') });

const router = new ToolRouterClient({ address: environment.TOOL_ROUTER_ADDRESS, secret: environment.HOLDFAST_INTERNAL_SECRET });
const ctx = systemContext(environment.PLAIN_TENANT_ID, 'bench', 'bench');
const runId = randomUUID();
const echo = async (message: string): Promise<string> => {
  const result = await router.callTool(ctx, { runId, threadId: runId, callId: randomUUID(), name: 'everything__echo', args: { message } });
  if (result.outcome.status !== 'ok') throw new Error(`echo: ${result.text}`);
  return result.text;
};

const connection = await NativeConnection.connect({ address: environment.TEMPORAL_ADDRESS });
const worker = await Worker.create({
  connection,
  namespace: 'holdfast',
  taskQueue: environment.PLAIN_TASK_QUEUE,
  workflowsPath: join(import.meta.dirname, 'plain.workflow.ts'),
  activities: { echo },
});
process.on('SIGTERM', () => worker.shutdown());
process.stdout.write('READY\n');
await worker.run();
await connection.close();
process.exit(0);
