import { setTimeout as sleep } from 'node:timers/promises';
import { CHECK_TIMEOUT_MS } from '../kit/checks.ts';

const FRONTEND = 'temporal.api.workflowservice.v1.WorkflowService';
/** gRPC status codes. */
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
/** grpc.health.v1 status SERVING. */
const SERVING = 1;

/** Resolves when Temporal's frontend says that it serves. */
export async function checkTemporal(address: string): Promise<void> {
  await withConnection(address, async (connection) => {
    const answer = await connection.healthService.check({ service: FRONTEND });
    if (Number(answer.status) !== SERVING) throw new Error(`Temporal at ${address} is not serving yet`);
  });
}

/**
 * Registers a namespace unless it is there, and waits until it can be used: servers read namespaces into a cache.
 * Temporal refuses calls in the first moments after its start; those are repeated until `timeoutMs`.
 */
export async function ensureNamespace(
  address: string,
  namespace: string,
  options: { retentionDays: number; timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.signal.throwIfAborted();
    try {
      await withConnection(address, async (connection) => {
        const { workflowService } = connection;
        try {
          await workflowService.describeNamespace({ namespace });
        } catch (error) {
          if (grpcCode(error) !== NOT_FOUND) throw error;
          const { msToTs } = await import('@temporalio/common/lib/time.js');
          await workflowService
            .registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(`${options.retentionDays} days`) })
            .catch((cause: unknown) => {
              if (grpcCode(cause) !== ALREADY_EXISTS) throw cause;
            });
        }
        // answers only once matching and history know the namespace as well
        await workflowService.describeTaskQueue({ namespace, taskQueue: { name: 'agents' }, taskQueueType: 1 });
        await workflowService.listWorkflowExecutions({ namespace, pageSize: 1, query: '' });
      });
      return;
    } catch (error) {
      // only what Temporal answered or failed to answer is worth another try
      if (grpcCode(error) === undefined || performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

type Temporal = typeof import('@temporalio/client');
type Connection = Awaited<ReturnType<Temporal['Connection']['connect']>>;

async function withConnection(address: string, work: (connection: Connection) => Promise<void>): Promise<void> {
  const { Connection } = await import('@temporalio/client');
  const connection = Connection.lazy({ address, connectTimeout: CHECK_TIMEOUT_MS, interceptors: [] });
  try {
    await connection.withDeadline(Date.now() + CHECK_TIMEOUT_MS, () => work(connection));
  } finally {
    await connection.close().catch(() => undefined);
  }
}

function grpcCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === 'number' ? code : grpcCode(cause);
}
