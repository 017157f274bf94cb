import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { TenantContext } from '@holdfast/tenant-context';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Ctx } from '../auth/ctx.decorator';
import { refuseGiven } from '../http/not-supported';
import type { InputOf } from '../openapi/endpoint';
import { Input, Route } from '../openapi/route.decorator';
import { STREAM_START } from '../streaming/cursor';
import { idempotencyOf } from './idempotency-key';
import { RunCreationService } from './run-creation.service';
import { RunResponses, cursorOf } from './run-responses';
import { runEndpoints as endpoints } from './runs.endpoints';
import type { InjectedInput, Run } from './runs.schema';
import { RunSteeringService } from './run-steering.service';
import { RunsService } from './runs.service';
import { viewOf } from './stream-view';

type In<K extends keyof typeof endpoints> = InputOf<(typeof endpoints)[K]>;

/** /threads/{thread_id}/runs */
@Controller()
export class RunsController {
  constructor(
    @Inject(RunsService) private readonly runs: RunsService,
    @Inject(RunCreationService) private readonly creation: RunCreationService,
    @Inject(RunResponses) private readonly responses: RunResponses,
    @Inject(RunSteeringService) private readonly steering: RunSteeringService,
  ) {}

  @Route(endpoints.create)
  async create(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'create'>, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Run> {
    const idempotency = idempotencyOf(request, endpoints.create.operationId);
    const run = await this.creation.create(ctx, { threadId: params.thread_id, body, idempotency });
    this.responses.setLocation(ctx, reply, run, false);
    return this.runs.show(ctx, run);
  }

  @Route(endpoints.stream)
  async stream(@Ctx() ctx: TenantContext, @Input() { params, query, body }: In<'stream'>, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    this.responses.assertCapacity();
    const idempotency = idempotencyOf(request, endpoints.stream.operationId);
    const run = await this.creation.create(ctx, { threadId: params.thread_id, body, idempotency });
    const view = viewOf(body.stream_mode, body.stream_subgraphs, query.namespace);
    await this.responses.stream(ctx, reply, run, { view, from: STREAM_START, cancelOnDisconnect: body.on_disconnect === 'cancel', stateless: false });
  }

  @Route(endpoints.wait)
  async wait(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'wait'>, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    this.responses.assertCapacity();
    const idempotency = idempotencyOf(request, endpoints.wait.operationId);
    const run = await this.creation.create(ctx, { threadId: params.thread_id, body, idempotency });
    await this.responses.wait(ctx, reply, run, { cancelOnDisconnect: body.on_disconnect === 'cancel', stateless: false });
  }

  @Route(endpoints.list)
  async list(@Ctx() ctx: TenantContext, @Input() { params, query }: In<'list'>): Promise<Partial<Run>[]> {
    return this.runs.list(ctx, params.thread_id, query);
  }

  @Route(endpoints.get)
  async get(@Ctx() ctx: TenantContext, @Input() { params }: In<'get'>): Promise<Run> {
    return this.runs.show(ctx, await this.runs.require(ctx, idsOf(params)));
  }

  @Route(endpoints.delete)
  delete(@Ctx() ctx: TenantContext, @Input() { params }: In<'delete'>): Promise<void> {
    return this.runs.delete(ctx, idsOf(params));
  }

  @Route(endpoints.join)
  async join(@Ctx() ctx: TenantContext, @Input() { params, query }: In<'join'>, @Res() reply: FastifyReply): Promise<void> {
    this.responses.assertCapacity();
    const run = await this.runs.require(ctx, idsOf(params));
    await this.responses.wait(ctx, reply, run, { cancelOnDisconnect: query.cancel_on_disconnect, stateless: false });
  }

  @Route(endpoints.joinStream)
  async joinStream(@Ctx() ctx: TenantContext, @Input() { params, query }: In<'joinStream'>, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    refuseGiven({ checkpoint_id: query.checkpoint_id });
    this.responses.assertCapacity();
    const from = cursorOf(request);
    const run = await this.runs.require(ctx, idsOf(params));
    const view = viewOf(query.stream_mode ?? run.kwargs['stream_mode'], query.stream_subgraphs ?? run.kwargs['subgraphs'], query.namespace);
    await this.responses.stream(ctx, reply, run, { view, from, cancelOnDisconnect: query.cancel_on_disconnect, stateless: false });
  }

  @Route(endpoints.cancel)
  async cancel(@Ctx() ctx: TenantContext, @Input() { params, query }: In<'cancel'>, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const { wait, action, reason } = query;
    const { outcome, by } = await this.runs.cancel(ctx, { ...idsOf(params), action, reason: reason ?? 'cancelled by request' });
    if (by !== undefined) this.responses.setLocation(ctx, reply, by, false);
    if (wait && outcome === 'requested') await this.responses.cancelled(ctx, reply, by?.run_id ?? params.run_id);
    reply.code(wait ? 204 : 202);
  }

  @Route(endpoints.inject)
  async inject(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'inject'>, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<InjectedInput> {
    const key = idempotencyOf(request, endpoints.inject.operationId)?.key;
    const answer = await this.steering.inject(ctx, { ...idsOf(params), body, ...(key === undefined ? {} : { key }) });
    reply.code(answer.status === 'applied' ? 200 : 202);
    return answer;
  }
}

function idsOf(params: { thread_id: string; run_id: string }): { threadId: string; runId: string } {
  return { threadId: params.thread_id, runId: params.run_id };
}
