import { Controller, Inject } from '@nestjs/common';
import type { TenantContext } from '@holdfast/tenant-context';
import { Ctx } from '../auth/ctx.decorator';
import type { InputOf } from '../openapi/endpoint';
import { Input, Route } from '../openapi/route.decorator';
import { StateEditService } from './state-edit.service';
import { ThreadStateService } from './thread-state.service';
import { threadEndpoints as endpoints } from './threads.endpoints';
import type { Checkpoint, ThreadState } from './threads.schema';

type In<K extends keyof typeof endpoints> = InputOf<(typeof endpoints)[K]>;

/** /threads/{thread_id}/state and /history. */
@Controller()
export class ThreadStateController {
  constructor(
    @Inject(ThreadStateService) private readonly states: ThreadStateService,
    @Inject(StateEditService) private readonly edits: StateEditService,
  ) {}

  @Route(endpoints.state)
  async state(@Ctx() ctx: TenantContext, @Input() { params, query }: In<'state'>): Promise<ThreadState> {
    return this.states.get(ctx, params.thread_id, query);
  }

  @Route(endpoints.stateAtPost)
  async stateAtPost(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'stateAtPost'>): Promise<ThreadState> {
    return this.states.getAt(ctx, params.thread_id, body.checkpoint, body);
  }

  @Route(endpoints.stateAt)
  async stateAt(@Ctx() ctx: TenantContext, @Input() { params, query }: In<'stateAt'>): Promise<ThreadState> {
    return this.states.get(ctx, params.thread_id, { ...query, checkpointId: params.checkpoint_id });
  }

  @Route(endpoints.updateState)
  updateState(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'updateState'>): Promise<{ checkpoint: Checkpoint }> {
    return this.edits.update(ctx, params.thread_id, body);
  }

  @Route(endpoints.patchState)
  patchState(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'patchState'>): Promise<{ checkpoint: Checkpoint }> {
    return this.edits.patchMetadata(ctx, params.thread_id, body.metadata);
  }

  @Route(endpoints.history)
  async history(@Ctx() ctx: TenantContext, @Input() { params, query }: In<'history'>): Promise<ThreadState[]> {
    return this.states.history(ctx, params.thread_id, query);
  }

  @Route(endpoints.historyPost)
  async historyPost(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'historyPost'>): Promise<ThreadState[]> {
    return this.states.history(ctx, params.thread_id, body);
  }
}
