import { Controller, Inject, Res } from '@nestjs/common';
import type { RunRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import type { FastifyReply } from 'fastify';
import { Ctx } from '../auth/ctx.decorator';
import type { InputOf } from '../openapi/endpoint';
import { Input, Route } from '../openapi/route.decorator';
import type { RunPlace } from './driven-runs';
import { operationEndpoints as endpoints } from './operations.endpoints';
import type { PausedRun } from './operations.schema';
import { RunPauseService } from './run-pause.service';
import { RunRepairService } from './run-repair.service';
import { RunResponses } from './run-responses';
import type { Run } from './runs.schema';
import { RunsService } from './runs.service';

type In<K extends keyof typeof endpoints> = InputOf<(typeof endpoints)[K]>;

/** What operators do with runs. */
@Controller()
export class RunOperationsController {
  constructor(
    @Inject(RunPauseService) private readonly pauses: RunPauseService,
    @Inject(RunRepairService) private readonly repairs: RunRepairService,
    @Inject(RunResponses) private readonly responses: RunResponses,
    @Inject(RunsService) private readonly runs: RunsService,
  ) {}

  @Route(endpoints.pause)
  async pause(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'pause'>, @Res({ passthrough: true }) reply: FastifyReply): Promise<PausedRun> {
    const answer = await this.pauses.pause(ctx, placeOf(params), body.reason ?? undefined);
    reply.code(answer.status === 'pausing' ? 202 : 200);
    return answer;
  }

  @Route(endpoints.resume)
  resume(@Ctx() ctx: TenantContext, @Input() { params }: In<'resume'>): Promise<PausedRun> {
    return this.pauses.resume(ctx, placeOf(params));
  }

  @Route(endpoints.retry)
  async retry(@Ctx() ctx: TenantContext, @Input() { params }: In<'retry'>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Run> {
    return this.show(ctx, reply, await this.repairs.retry(ctx, placeOf(params)));
  }

  @Route(endpoints.skip)
  async skip(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'skip'>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Run> {
    return this.show(ctx, reply, await this.repairs.skip(ctx, placeOf(params), body.values));
  }

  private show(ctx: TenantContext, reply: FastifyReply, run: RunRow): Promise<Run> {
    this.responses.setLocation(ctx, reply, run, false);
    return this.runs.show(ctx, run);
  }
}

function placeOf(params: { thread_id: string; run_id: string }): RunPlace {
  return { threadId: params.thread_id, runId: params.run_id };
}
