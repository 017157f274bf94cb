import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { threadWorkflowId } from '@holdfast/agent-runtime/api';
import { ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import type { RunRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CancelService } from '../delivery/cancel.service';
import { STREAM_START, decodeCursor, type StreamCursor } from '../streaming/cursor';
import { LiveResponses } from '../streaming/live-response';
import { RunResultService } from '../streaming/run-result.service';
import { RunStreamService } from '../streaming/run-stream.service';
import { endedEarly, lastEventId, openEventStream, sseText } from '../streaming/event-stream';
import { SSE_HEARTBEAT } from '../streaming/sse';
import type { StreamView } from '../streaming/stream-modes';

/** Before the JSON of a `wait`, so that no proxy takes the connection for dead; white space means nothing there. */
const WAIT_FILLER = '\n';
/** Longest that a cancel with `wait` waits for the end, ms. */
const CANCEL_WAIT_MS = 60_000;

/** How a run is answered: with its place in headers, as a stream, or with its result. */
@Injectable()
export class RunResponses {
  constructor(
    @Inject(LiveResponses) private readonly live: LiveResponses,
    @Inject(RunStreamService) private readonly streams: RunStreamService,
    @Inject(RunResultService) private readonly results: RunResultService,
    @Inject(CancelService) private readonly cancels: CancelService,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {}

  /** To be called before a run is made for a stream or a wait. @throws HoldfastError DEPENDENCY_UNAVAILABLE */
  assertCapacity(): void {
    this.live.assertCapacity();
  }

  /** `Content-Location` and the workflow id, on every answer that made a run. */
  setLocation(ctx: TenantContext, reply: FastifyReply, run: RunRow, stateless: boolean): void {
    reply.header('Content-Location', runPath(run, stateless));
    reply.header('X-Holdfast-Workflow-Id', threadWorkflowId(ctx.tenantId, run.thread_id));
  }

  /** Streams the run until its end. */
  async stream(ctx: TenantContext, reply: FastifyReply, run: RunRow, options: { view: StreamView; from: StreamCursor; cancelOnDisconnect: boolean; stateless: boolean }): Promise<void> {
    const { view, from, cancelOnDisconnect, stateless } = options;
    this.setLocation(ctx, reply, run, stateless);
    // With the thread, also for a stateless run: the SDK asks there whether the run is still active before it reconnects.
    reply.header('Location', `${runPath(run, false)}/stream?${viewQuery(view)}`);
    openEventStream(reply);
    await this.live.send(reply, {
      kind: 'sse',
      filler: SSE_HEARTBEAT,
      produce: (signal) => sseText(this.streams.events(ctx, { run, view, from }, signal), signal),
      ...(cancelOnDisconnect ? { onDisconnect: () => this.cancelAbandoned(ctx, run) } : {}),
    });
  }

  /** Waits for the run and answers with its result; line breaks keep the connection alive. */
  async wait(ctx: TenantContext, reply: FastifyReply, run: RunRow, options: { cancelOnDisconnect: boolean; stateless: boolean }): Promise<void> {
    this.setLocation(ctx, reply, run, options.stateless);
    reply.code(200).header('Content-Type', 'application/json; charset=utf-8').header('Cache-Control', 'no-store');
    const results = this.results;
    const json = async function* (signal: AbortSignal): AsyncGenerator<string, void, undefined> {
      const result = await results.result(ctx, run, signal);
      if (result === undefined) throw endedEarly('The wait');
      yield JSON.stringify(result);
    };
    await this.live.send(reply, {
      kind: 'wait',
      filler: WAIT_FILLER,
      produce: json,
      ...(options.cancelOnDisconnect ? { onDisconnect: () => this.cancelAbandoned(ctx, run) } : {}),
    });
  }

  /**
   * Waits for the end of a run that is being cancelled.
   * @throws HoldfastError DEADLINE_EXCEEDED when it does not end in time, DEPENDENCY_UNAVAILABLE when the process goes away before
   */
  async cancelled(ctx: TenantContext, reply: FastifyReply, runId: string): Promise<void> {
    await this.live.hold(reply, async (signal) => {
      const ended = await this.results.ended(ctx, runId, AbortSignal.any([signal, AbortSignal.timeout(CANCEL_WAIT_MS)]));
      if (ended) return;
      if (signal.aborted) throw endedEarly('The wait');
      throw new HoldfastError('DEADLINE_EXCEEDED', 'The run has not ended yet; it is still being cancelled.');
    });
  }

  private cancelAbandoned(ctx: TenantContext, run: RunRow): void {
    const request = { threadId: run.thread_id, runId: run.run_id, action: 'interrupt', reason: 'the client disconnected' } as const;
    this.cancels.cancel(ctx, request).catch((error: unknown) => this.log.warn({ err: error, run_id: run.run_id }, 'an abandoned run could not be cancelled'));
  }
}

/**
 * Where a viewer wants to go on.
 * @throws HoldfastError INVALID_ARGUMENT for an id that is none of ours
 */
export function cursorOf(request: FastifyRequest): StreamCursor {
  return lastEventId(request, decodeCursor) ?? STREAM_START;
}

function runPath(run: RunRow, stateless: boolean): string {
  return stateless ? `/runs/${run.run_id}` : `/threads/${run.thread_id}/runs/${run.run_id}`;
}

function viewQuery(view: StreamView): string {
  const query = new URLSearchParams();
  for (const mode of view.modes) query.append('stream_mode', mode);
  if (view.namespaces !== undefined) query.append('namespace', JSON.stringify([...view.namespaces]));
  if (view.subgraphs) query.append('stream_subgraphs', 'true');
  return query.toString();
}
