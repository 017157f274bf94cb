import { z } from 'zod';
import { toJsonb } from './jsonb';
import { runRow } from './rows.schema';
import type { CreateRunInput, CreateRunResult } from './runs.types';
import type { TenantScope } from './tenant-scope';

const active = z.array(z.object({ runId: z.string(), status: z.enum(['pending', 'running']) }));

/** What executions.create_run returns. */
export const createRunRow = z.object({
  result: z.union([
    z.object({ kind: z.literal('created'), replayed: z.boolean(), run: runRow, active }),
    z.object({ kind: z.literal('refused'), reason: z.literal('thread-busy'), active: active.min(1) }),
    z.object({
      kind: z.literal('refused'),
      reason: z.enum(['thread-not-found', 'approval-required', 'idempotency-mismatch', 'run-id-taken', 'run-gone']),
    }),
  ]),
});

/**
 * Parameters of executions.create_run after the tenant.
 * @throws TypeError for an idempotency key without a request hash: a defect of the caller.
 */
export function createRunParams(scope: TenantScope, input: CreateRunInput): readonly unknown[] {
  if (input.idempotency !== undefined && input.requestHash === undefined) {
    throw new TypeError('an idempotency key needs the hash of its request');
  }
  const request = {
    run_id: input.runId,
    thread_id: input.threadId,
    assistant_id: input.assistantId,
    graph_id: input.graphId,
    strategy: input.multitaskStrategy,
    create_thread: input.ifNotExists === 'create',
    after_seconds: input.afterSeconds ?? 0,
    delete_thread: input.deleteThread ?? false,
    approval_id: input.approvalId ?? null,
    wakes: input.wakes ?? false,
    request_hash: input.requestHash ?? null,
    traceparent: scope.traceparent ?? null,
    principal_id: input.idempotency?.principalId ?? null,
    route: input.idempotency?.route ?? null,
    key: input.idempotency?.key ?? null,
  };
  const threadMetadata = { ...input.threadMetadata, graph_id: input.graphId, assistant_id: input.assistantId };
  return [toJsonb(request), toJsonb(input.kwargs), toJsonb(input.metadata), toJsonb(threadMetadata)];
}

/** The function's answer as the caller's union. */
export function toCreateRunResult(result: z.infer<typeof createRunRow>['result']): CreateRunResult {
  if (result.kind === 'refused') {
    if (result.reason !== 'thread-busy') return { kind: 'refused', reason: result.reason };
    const [activeRun] = result.active;
    if (activeRun === undefined) throw new TypeError('a busy thread without an active run');
    return { kind: 'refused', reason: 'thread-busy', activeRun };
  }
  const { run, replayed } = result;
  return {
    kind: 'created',
    run,
    replayed,
    activeRun: result.active[0] ?? null,
    activeRuns: result.active,
    notice: replayed ? null : { runId: run.run_id, seq: run.last_seq, status: run.status },
  };
}
