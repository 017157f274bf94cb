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
import { statelessRunEndpoints as endpoints } from './runs.endpoints';
import type { Run } from './runs.schema';
import { RunsService } from './runs.service';
import { viewOf } from './stream-view';

type In<K extends keyof typeof endpoints> = InputOf<(typeof endpoints)[K]>;

/** /runs */
@Controller()
export class StatelessRunsController {
  constructor(
    @Inject(RunsService) private readonly runs: RunsService,
    @Inject(RunCreationService) private readonly creation: RunCreationService,
    @Inject(RunResponses) private readonly responses: RunResponses,
  ) {}

  @Route(endpoints.create)
  async create(@Ctx() ctx: TenantContext, @Input() { body }: In<'create'>, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Run> {
    const run = await this.creation.create(ctx, { body, idempotency: idempotencyOf(request, endpoints.create.operationId) });
    this.responses.setLocation(ctx, reply, run, true);
    return this.runs.show(ctx, run);
  }

  @Route(endpoints.batch)
  async batch(@Ctx() ctx: TenantContext, @Input() { body }: In<'batch'>, @Req() request: FastifyRequest): Promise<Run[]> {
    const idempotency = idempotencyOf(request, endpoints.batch.operationId);
    const commands = body.map((item, index) => ({
      body: item,
      ...(idempotency === undefined ? {} : { idempotency: { ...idempotency, key: `${idempotency.key}#${index}` } }),
    }));
    return this.runs.showAll(ctx, await this.creation.createAll(ctx, commands));
  }

  @Route(endpoints.stream)
  async stream(@Ctx() ctx: TenantContext, @Input() { query, body }: In<'stream'>, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    this.responses.assertCapacity();
    const run = await this.creation.create(ctx, { body, idempotency: idempotencyOf(request, endpoints.stream.operationId) });
    const view = viewOf(body.stream_mode, body.stream_subgraphs, query.namespace);
    await this.responses.stream(ctx, reply, run, { view, from: STREAM_START, cancelOnDisconnect: body.on_disconnect === 'cancel', stateless: true });
  }

  @Route(endpoints.wait)
  async wait(@Ctx() ctx: TenantContext, @Input() { body }: In<'wait'>, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    this.responses.assertCapacity();
    const run = await this.creation.create(ctx, { body, idempotency: idempotencyOf(request, endpoints.wait.operationId) });
    await this.responses.wait(ctx, reply, run, { cancelOnDisconnect: body.on_disconnect === 'cancel', stateless: true });
  }

  @Route(endpoints.joinStream)
  async joinStream(@Ctx() ctx: TenantContext, @Input() { params, query }: In<'joinStream'>, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    refuseGiven({ checkpoint_id: query.checkpoint_id });
    this.responses.assertCapacity();
    const from = cursorOf(request);
    const run = await this.runs.require(ctx, { runId: params.run_id });
    const view = viewOf(query.stream_mode ?? run.kwargs['stream_mode'], query.stream_subgraphs ?? run.kwargs['subgraphs'], query.namespace);
    await this.responses.stream(ctx, reply, run, { view, from, cancelOnDisconnect: query.cancel_on_disconnect, stateless: true });
  }

  @Route(endpoints.cancelMany)
  cancelMany(@Ctx() ctx: TenantContext, @Input() { query, body }: In<'cancelMany'>): Promise<void> {
    return this.runs.cancelMany(ctx, body, query.action);
  }
}
