import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { RepeatingRound, ROOT_LOGGER, counter, type LogSink } from '@holdfast/nest-kit';
import { ApprovalsRepository, type DueApproval } from '@holdfast/persistence';
import { systemContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { inTurn } from '../rounds/in-turn';
import { RoundsService } from '../rounds/rounds-service';
import { judgeByClock } from './approval-clock';
import { ApprovalsService } from './approvals.service';

const BATCH = 100;
/** A claimed approval is not given to another gateway for so long; also the pace of looks at one whose thread is busy. */
const LEASE_MS = 15_000;

const done = counter<'what'>({ name: 'holdfast_approvals_due_total', help: 'What the clock did about approvals.', labelNames: ['what'] });

/** Reminds, escalates, and decides what nobody decided in time. Any number of gateways may do so at once. */
@Injectable()
export class DueApprovalsService extends RoundsService {
  protected readonly rounds: RepeatingRound;

  constructor(
    @Inject(ApprovalsRepository) private readonly approvals: ApprovalsRepository,
    @Inject(ApprovalsService) private readonly service: ApprovalsService,
    @Inject(GATEWAY_CONFIG) config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    super();
    const round = async (): Promise<boolean> => (await this.look()) === BATCH;
    this.rounds = new RepeatingRound({ name: 'look for due approvals', round, pauseMs: config.SWEEP_INTERVAL_MS, log });
  }

  /** One round. Gives how many approvals it looked at. */
  async look(): Promise<number> {
    const due = await this.approvals.claimDue({ limit: BATCH, leaseMs: LEASE_MS });
    await inTurn(
      due,
      (approval) => this.settle(approval),
      (err, { tenantId, approvalId }) =>
        this.log.warn({ err, tenant_id: tenantId, approval_id: approvalId }, 'a due approval could not be settled; it is tried again'),
    );
    return due.length;
  }

  private async settle({ tenantId, approvalId }: DueApproval): Promise<void> {
    const ctx = systemContext(tenantId, 'approvals', `approval-${randomUUID()}`);
    const result = await this.approvals.act(ctx, { approvalId, resumeRunId: uuidv7(), judge: judgeByClock });
    if (result.kind !== 'done' || result.verdict === undefined) return;
    this.service.deliver(ctx, result);
    const what = result.verdict.answer?.decision ?? (result.verdict.entry === undefined ? 'reminded' : 'escalated');
    done.inc({ what });
    this.log.info({ tenant_id: tenantId, approval_id: approvalId, thread_id: result.approval.thread_id, what }, 'an approval was due');
  }
}
