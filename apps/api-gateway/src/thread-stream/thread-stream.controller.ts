import { Controller, Inject, Req, Res } from '@nestjs/common';
import { ThreadsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Ctx } from '../auth/ctx.decorator';
import type { InputOf } from '../openapi/endpoint';
import { Input, Route } from '../openapi/route.decorator';
import { lastEventId, openEventStream, sseText, withHead } from '../streaming/event-stream';
import { LiveResponses } from '../streaming/live-response';
import { SSE_HEARTBEAT } from '../streaming/sse';
import { threadNotFound } from '../threads/thread-errors';
import { decodeThreadCursor } from './thread-cursor';
import { threadStreamEndpoints as endpoints } from './thread-stream.endpoints';
import type { ThreadStreamMode, ThreadStreamQuery } from './thread-stream.schema';
import { ThreadStreamService } from './thread-stream.service';

type In = InputOf<typeof endpoints.join>;

/** /threads/{thread_id}/stream */
@Controller()
export class ThreadStreamController {
  constructor(
    @Inject(ThreadsRepository) private readonly threads: ThreadsRepository,
    @Inject(ThreadStreamService) private readonly streams: ThreadStreamService,
    @Inject(LiveResponses) private readonly live: LiveResponses,
  ) {}

  @Route(endpoints.join)
  async join(@Ctx() ctx: TenantContext, @Input() { params, query }: In, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const modes = modesOf(query);
    this.live.assertCapacity();
    const threadId = params.thread_id;
    const from = lastEventId(request, decodeThreadCursor) ?? 'open';
    if ((await this.threads.get(ctx, threadId)) === null) throw threadNotFound(threadId);
    const again = new URLSearchParams([...modes].map((mode): [string, string] => ['stream_mode', mode]));
    reply.header('Location', `/threads/${threadId}/stream?${again.toString()}`);
    openEventStream(reply);
    await this.live.send(reply, {
      kind: 'sse',
      filler: SSE_HEARTBEAT,
      produce: (signal) => withHead(sseText(this.streams.events(ctx, { threadId, modes, from }, signal), signal)),
    });
  }
}

function modesOf({ stream_mode: one = [], stream_modes: other = [] }: ThreadStreamQuery): ReadonlySet<ThreadStreamMode> {
  const modes = [...one, ...other];
  return new Set<ThreadStreamMode>(modes.length === 0 ? ['run_modes'] : modes);
}
