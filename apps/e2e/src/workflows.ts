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
  const connection = await Connection.connect({ address: stack.temporalAddress, connectTimeout: 5_000 });
  try {
    const client = new Client({ connection, namespace: stack.temporalNamespace });
    const query = threadId === undefined ? `WorkflowId STARTS_WITH 't/${tenantId}/th/'` : `WorkflowId = 't/${tenantId}/th/${threadId}'`;
    const found: Execution[] = [];
    for await (const { workflowId, runId, status } of client.workflow.list({ query })) found.push({ workflowId, runId, status: status.name });
    return found;
  } finally {
    await connection.close();
  }
}
