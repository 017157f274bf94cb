import { Client, Connection } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { stack } from './config';

/** A workflow execution as Temporal lists it. */
export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: string;
}

/** The executions of a tenant's threads, closed ones too. @param threadId only of this thread */
export async function listExecutions(tenantId: string, threadId?: string): Promise<Execution[]> {
  return withClient(async (client) => {
    const query = threadId === undefined ? `WorkflowId STARTS_WITH 't/${tenantId}/th/'` : `WorkflowId = 't/${tenantId}/th/${threadId}'`;
    const found: Execution[] = [];
    for await (const { workflowId, runId, status } of client.workflow.list({ query })) found.push({ workflowId, runId, status: status.name });
    return found;
  });
}

/** Bytes of history of a thread's executions, open and closed, as the server counts them. Its list is up to a second behind. */
export async function historyBytes(tenantId: string, threadId: string): Promise<number> {
  return (await historySizes(tenantId, threadId)).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Events and bytes of each execution of a thread, as {@link historyBytes}, oldest first. */
export async function historySizes(tenantId: string, threadId: string): Promise<{ readonly events: number; readonly bytes: number }[]> {
  const executions = await settled(() => listExecutions(tenantId, threadId));
  return withClient(async (client) => {
    const described = await Promise.all(executions.map(({ workflowId, runId }) => client.workflow.getHandle(workflowId, runId).describe()));
    const inOrder = described.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
    return inOrder.map(({ historyLength, historySize }) => ({ events: historyLength, bytes: historySize ?? 0 }));
  });
}

/** A list that has been the same for a second, or is of closed executions only. */
async function settled(look: () => Promise<Execution[]>): Promise<Execution[]> {
  for (let before = await look(), tries = 0; ; tries += 1) {
    await sleep(1_000);
    const now = await look();
    if (tries === 10 || now.length === before.length) return now;
    before = now;
  }
}

/** Ends the open execution of a thread as an operator would. */
export async function terminate(tenantId: string, threadId: string): Promise<void> {
  await withClient((client) => client.workflow.getHandle(`t/${tenantId}/th/${threadId}`).terminate('end-to-end test'));
}

async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: stack.temporalAddress, connectTimeout: 5_000 });
  try {
    return await use(new Client({ connection, namespace: stack.temporalNamespace }));
  } finally {
    await connection.close();
  }
}
