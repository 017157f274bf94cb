import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ToolRouterClient } from '@holdfast/rpc';
import { systemContext } from '@holdfast/tenant-context';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { z } from 'zod';
import type { PlainMessage } from './plain.workflow';

const environment = z
  .object({ PLAIN_TASK_QUEUE: z.string(), TEMPORAL_ADDRESS: z.string(), TOOL_ROUTER_ADDRESS: z.string(), HOLDFAST_INTERNAL_SECRET: z.string(), PLAIN_TENANT_ID: z.string(), PLAIN_MODEL_URL: z.string().optional() })
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

const completionSchema = z.looseObject({ choices: z.tuple([z.looseObject({ message: z.looseObject({ content: z.string() }) })], z.unknown()) });
const ask = async (messages: readonly PlainMessage[]): Promise<string> => {
  const response = await fetch(`${environment.PLAIN_MODEL_URL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'holdfast-dev', messages }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`the model answered ${response.status}`);
  return completionSchema.parse(await response.json()).choices[0].message.content;
};

const connection = await NativeConnection.connect({ address: environment.TEMPORAL_ADDRESS });
const worker = await Worker.create({
  connection,
  namespace: 'holdfast',
  taskQueue: environment.PLAIN_TASK_QUEUE,
  workflowsPath: join(import.meta.dirname, 'plain.workflow.ts'),
  activities: { echo, ask },
});
process.on('SIGTERM', () => worker.shutdown());
process.stdout.write('READY\n');
await worker.run();
await connection.close();
process.exit(0);
