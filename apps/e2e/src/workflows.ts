import { Client, Connection } from '@temporalio/client';
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
