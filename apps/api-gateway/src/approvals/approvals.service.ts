import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { externalise } from '@holdfast/contracts/messages';
import { ApprovalsRepository, BlobsRepository, shownHash, type ActResult, type HeldApproval, type Verdict } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import { RunCreationService } from '../runs/run-creation.service';
import { requestHash, sha256Hex } from '../runs/request-hash';
import { Hydrator } from '../streaming/hydrator';
import { approvalNotFound, refusedEntry } from './approval-errors';
import { toApproval, toApprovalDetail } from './approval-mapping';
import { judgeComment, judgeDecision, judgeDelegation, type DecisionAttempt } from './approval-rules';
import type { Approval, ApprovalDetail, ApprovalListQuery } from './approvals.schema';

/** A request to act on an approval. */
export interface ApprovalCommand<B> {
  readonly approvalId: string;
  readonly body: B;
  readonly operation: string;
  /** `Idempotency-Key` */
  readonly key: string | undefined;
}

/** Fields of every decision. */
export interface DecisionBody {
  readonly shown_hash: string;
  readonly policy_version: string;
  readonly comment?: string | null | undefined;
}

/** Questions to people, and what they decide. */
@Injectable()
export class ApprovalsService {
  constructor(
    @Inject(ApprovalsRepository) private readonly approvals: ApprovalsRepository,
    @Inject(BlobsRepository) private readonly blobs: BlobsRepository,
    @Inject(RunCreationService) private readonly creation: RunCreationService,
    @Inject(Hydrator) private readonly hydrator: Hydrator,
  ) {}

  /** A page, newest first; `next` when there is another. */
  async list(ctx: TenantContext, query: ApprovalListQuery): Promise<{ items: Approval[]; next: string | undefined }> {
    const { thread_id: threadId, run_id: runId, limit, ...filter } = query;
    const rows = await this.approvals.list(ctx, { ...filter, threadId, runId, limit });
    return { items: await this.hydrator.hydrate(ctx, rows.map(toApproval)), next: rows.length === limit ? rows.at(-1)?.approval_id : undefined };
  }

  /** @throws HoldfastError NOT_FOUND */
  async get(ctx: TenantContext, approvalId: string): Promise<ApprovalDetail> {
    const found = await this.approvals.get(ctx, approvalId);
    if (found === null) throw approvalNotFound(approvalId);
    return this.hydrator.hydrate(ctx, toApprovalDetail(found.approval, found.entries));
  }

  /** Approves or rejects. @throws HoldfastError NOT_FOUND, IDEMPOTENCY_MISMATCH, and the reasons of {@link judgeDecision} */
  decide(ctx: TenantContext, kind: 'approve' | 'reject', command: ApprovalCommand<DecisionBody>): Promise<ApprovalDetail> {
    const attempt = attemptOf(kind, command.body);
    return this.act(ctx, command, (held) => judgeDecision(held, ctx, attempt));
  }

  /** Approves other arguments. @throws HoldfastError as {@link decide} does */
  async edit(ctx: TenantContext, command: ApprovalCommand<DecisionBody & { readonly args: unknown }>): Promise<ApprovalDetail> {
    const texts = externalise(command.body.args, sha256Hex);
    if (texts.blobs.length > 0) {
      const found = await this.approvals.get(ctx, command.approvalId);
      if (found === null) throw approvalNotFound(command.approvalId);
      // Before the row that refers to them; those of a refused edit stay as long as the thread's.
      await this.blobs.putMany(ctx, { ownerId: found.approval.thread_id }, texts.blobs);
    }
    const attempt = attemptOf('edit', command.body);
    return this.act(ctx, command, (held) => {
      const { action, summary } = held.approval;
      return judgeDecision(held, ctx, { ...attempt, edited: { args: texts.value, shownHash: shownHash({ action, summary, args: texts.value }) } });
    });
  }

  /** Hands the caller's decision on. @throws HoldfastError as {@link decide} does, INVALID_ARGUMENT when nobody is to have it */
  async delegate(ctx: TenantContext, command: ApprovalCommand<{ readonly to: string; readonly comment?: string | null | undefined }>): Promise<ApprovalDetail> {
    const { to, comment } = command.body;
    // The approval first: of one that is not there nothing else is told.
    await this.get(ctx, command.approvalId);
    if (to === ctx.principalId || !(await this.approvals.knowsPrincipal(ctx, to))) throw noDelegate();
    return this.act(ctx, command, (held) => judgeDelegation(held, ctx, { to, comment: comment ?? undefined }));
  }

  /** @throws HoldfastError NOT_FOUND, APPROVAL_CLOSED, CONFLICT when there are too many */
  comment(ctx: TenantContext, command: ApprovalCommand<{ readonly comment: string }>): Promise<ApprovalDetail> {
    return this.act(ctx, command, (held) => judgeComment(held, ctx, command.body.comment));
  }

  /** Delivers the run that a decision made; the row is committed, and what fails here the sweep repeats. */
  deliver(ctx: TenantContext, result: ActResult): void {
    if (result.kind === 'done' && result.resumed !== null) this.creation.handOver(ctx, { ...result.resumed, activeRuns: [] }, 'enqueue');
  }

  private async act<B>(ctx: TenantContext, command: ApprovalCommand<B>, judge: (held: HeldApproval) => Verdict): Promise<ApprovalDetail> {
    const { approvalId, key, operation, body } = command;
    const idempotency = key === undefined ? undefined : { principalId: ctx.principalId, key, requestHash: requestHash({ operation, body }) };
    const result = await this.approvals.act(ctx, { approvalId, principalId: ctx.principalId, resumeRunId: uuidv7(), idempotency, judge });
    if (result.kind === 'not-found') throw approvalNotFound(approvalId);
    if (result.kind === 'idempotency-mismatch') throw new HoldfastError('IDEMPOTENCY_MISMATCH', 'The Idempotency-Key was used with another request.');
    if (result.kind === 'done') {
      this.deliver(ctx, result);
      const code = result.verdict?.entry?.code;
      if (code !== undefined) throw refusedEntry(code, result.approval);
    }
    return this.get(ctx, approvalId);
  }
}

function attemptOf(kind: DecisionAttempt['kind'], body: DecisionBody): DecisionAttempt {
  return { kind, shownHash: body.shown_hash, policyVersion: body.policy_version, comment: body.comment ?? undefined };
}

function noDelegate(): HoldfastError {
  const message = 'must be another principal of the tenant';
  return new HoldfastError('INVALID_ARGUMENT', `to: ${message}`, { fields: [{ path: 'to', message }] });
}
