import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { TenantContext } from '@holdfast/tenant-context';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Ctx } from '../auth/ctx.decorator';
import type { EndpointSpec, InputOf } from '../openapi/endpoint';
import { Input, Route } from '../openapi/route.decorator';
import { idempotencyOf } from '../runs/idempotency-key';
import { approvalEndpoints as endpoints } from './approvals.endpoints';
import type { Approval, ApprovalDetail } from './approvals.schema';
import { ApprovalsService, type ApprovalCommand } from './approvals.service';

type In<K extends keyof typeof endpoints> = InputOf<(typeof endpoints)[K]>;

/** /approvals */
@Controller()
export class ApprovalsController {
  constructor(@Inject(ApprovalsService) private readonly approvals: ApprovalsService) {}

  @Route(endpoints.list)
  async list(@Ctx() ctx: TenantContext, @Input() { query }: In<'list'>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Approval[]> {
    const { items, next } = await this.approvals.list(ctx, query);
    if (next !== undefined) reply.header('X-Pagination-Next', next);
    return items;
  }

  @Route(endpoints.get)
  get(@Ctx() ctx: TenantContext, @Input() { params }: In<'get'>): Promise<ApprovalDetail> {
    return this.approvals.get(ctx, params.approval_id);
  }

  @Route(endpoints.approve)
  approve(@Ctx() ctx: TenantContext, @Input() input: In<'approve'>, @Req() request: FastifyRequest): Promise<ApprovalDetail> {
    return this.approvals.decide(ctx, 'approve', commandOf(endpoints.approve, input, request));
  }

  @Route(endpoints.reject)
  reject(@Ctx() ctx: TenantContext, @Input() input: In<'reject'>, @Req() request: FastifyRequest): Promise<ApprovalDetail> {
    return this.approvals.decide(ctx, 'reject', commandOf(endpoints.reject, input, request));
  }

  @Route(endpoints.edit)
  edit(@Ctx() ctx: TenantContext, @Input() input: In<'edit'>, @Req() request: FastifyRequest): Promise<ApprovalDetail> {
    return this.approvals.edit(ctx, commandOf(endpoints.edit, input, request));
  }

  @Route(endpoints.delegate)
  delegate(@Ctx() ctx: TenantContext, @Input() input: In<'delegate'>, @Req() request: FastifyRequest): Promise<ApprovalDetail> {
    return this.approvals.delegate(ctx, commandOf(endpoints.delegate, input, request));
  }

  @Route(endpoints.comment)
  comment(@Ctx() ctx: TenantContext, @Input() input: In<'comment'>, @Req() request: FastifyRequest): Promise<ApprovalDetail> {
    return this.approvals.comment(ctx, commandOf(endpoints.comment, input, request));
  }
}

function commandOf<B>(
  { operationId }: Pick<EndpointSpec, 'operationId'>,
  { params, body }: { readonly params: { readonly approval_id: string }; readonly body: B },
  request: FastifyRequest,
): ApprovalCommand<B> {
  return { approvalId: params.approval_id, body, operation: operationId, key: idempotencyOf(request, operationId)?.key };
}
