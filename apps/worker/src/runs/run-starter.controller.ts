import type { Metadata } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import type { ThreadClient } from '@holdfast/agent-runtime/client';
import { uuidSchema } from '@holdfast/contracts';
import { HoldfastError } from '@holdfast/contracts/errors';
import { runWithLogContext } from '@holdfast/nest-kit/log-context';
import { runWithTraceparent, withSpan } from '@holdfast/nest-kit/tracing';
import {
  RpcErrorFilter,
  RunStarterControllerMethods,
  WIRE_OF_WAY,
  parseRequest,
  verifiedContext,
  type ContextCodec,
  type DeliverRequest,
  type DeliverResponse,
  type RunStarterRpc,
} from '@holdfast/rpc';
import { z } from 'zod';

/** Injection token of the codec that verifies callers. */
export const CONTEXT_CODEC = Symbol('holdfast.worker.context-codec');

/** Injection token of {@link RunStarts}. */
export const RUN_STARTS = Symbol('holdfast.worker.run-starts');

/** The way to thread workflows over the running worker's own connection. */
export interface RunStarts {
  /** @throws HoldfastError DEPENDENCY_UNAVAILABLE while no worker runs here: it is not connected yet, failed, or drains */
  threads(): Promise<Pick<ThreadClient, 'deliver'>>;
}

const deliverRequest = z
  .object({
    threadId: z.string().min(1).max(100),
    runId: uuidSchema,
    graphId: z.string().min(1).max(200),
    deliveryId: uuidSchema,
    lingerMs: z.int().nonnegative(),
  })
  .transform(({ lingerMs, ...run }) => (lingerMs === 0 ? run : { ...run, lingerMs }));

/** The worker's gRPC face: takes runs from the gateway and starts them here (runs.proto). */
@Controller()
@UseFilters(RpcErrorFilter)
@RunStarterControllerMethods()
export class RunStarterController implements RunStarterRpc {
  constructor(
    @Inject(CONTEXT_CODEC) private readonly codec: ContextCodec,
    @Inject(RUN_STARTS) private readonly starts: RunStarts,
  ) {}

  /** See runs.proto. */
  async deliver(request: DeliverRequest, metadata: Metadata, call: { readonly cancelled: boolean }): Promise<DeliverResponse> {
    const ctx = verifiedContext(this.codec, metadata);
    // A worker that is this late is busy, and the gateway has turned to Temporal by itself: a second start would only cost more.
    if (call.cancelled) throw new HoldfastError('DEADLINE_EXCEEDED', 'The caller no longer waits.');
    const run = parseRequest(deliverRequest, request);
    const ids = { tenant_id: ctx.tenantId, request_id: ctx.requestId, run_id: run.runId, thread_id: run.threadId };
    const traced = ctx.traceparent === undefined ? run : { ...run, traceparent: ctx.traceparent };
    const { way } = await runWithTraceparent(ctx.traceparent, () =>
      runWithLogContext(ids, () =>
        withSpan('run.start', { 'holdfast.run_id': run.runId }, async () => (await this.starts.threads()).deliver(ctx, traced), { kind: 'server' }),
      ),
    );
    return { way: WIRE_OF_WAY[way] as DeliverResponse['way'] };
  }
}
