import { Inject, Injectable } from '@nestjs/common';
import { isHoldfastError } from '@holdfast/contracts/errors';
import { RepeatingRound, ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { CronsRepository, type CronRow } from '@holdfast/persistence';
import { systemContext, type TenantContext } from '@holdfast/tenant-context';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { TemporalLink } from '../connections/temporal-link';
import { RoundsService } from '../rounds/rounds-service';

const BATCH = 50;
/** How long whoever changes a cron has its schedule alone: longer than the two calls to Temporal may take. */
export const CRON_LEASE_MS = 20_000;

/** Brings Temporal's schedules to what the rows say: at once after a change, and in rounds what a change could not. */
@Injectable()
export class CronSyncService extends RoundsService {
  protected readonly rounds: RepeatingRound;

  constructor(
    @Inject(CronsRepository) private readonly crons: CronsRepository,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(GATEWAY_CONFIG) config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    super();
    const round = async (): Promise<boolean> => (await this.look()) === BATCH;
    this.rounds = new RepeatingRound({ name: 'sync of crons', round, pauseMs: config.SWEEP_INTERVAL_MS, log });
  }

  /**
   * Brings the schedule of a cron up to date whose lease the caller has. Temporal may be away: the rounds do it then.
   * @throws HoldfastError INVALID_ARGUMENT when the times cannot be read
   */
  async sync(ctx: TenantContext, cron: CronRow): Promise<void> {
    try {
      await this.apply(ctx, cron);
    } catch (error) {
      if (isHoldfastError(error) && error.code === 'INVALID_ARGUMENT') throw error;
      this.log.warn({ err: error, tenant_id: ctx.tenantId, cron_id: cron.cron_id }, 'the schedule of a cron could not be changed; it is tried again');
    }
  }

  /** One round. Gives how many crons it looked at. */
  async look(): Promise<number> {
    const behind = await this.crons.claimUnsynced({ limit: BATCH, leaseMs: CRON_LEASE_MS });
    for (const cron of behind) {
      const ctx = systemContext(cron.tenant_id, 'crons', `cron-${cron.cron_id}`);
      try {
        await this.apply(ctx, cron);
      } catch (error) {
        await this.giveUp(ctx, cron, error);
      }
    }
    return behind.length;
  }

  private async apply(ctx: TenantContext, cron: CronRow): Promise<void> {
    const id = { tenantId: cron.tenant_id, cronId: cron.cron_id };
    const schedules = this.temporal.crons();
    if (cron.deleted) {
      await schedules.delete(id);
      await this.crons.synced(ctx, cron, null);
      return;
    }
    const next = await schedules.put({ ...id, schedule: cron.schedule, timezone: cron.timezone, endTime: cron.end_time, paused: !cron.enabled });
    // Deleted meanwhile, row and all: nobody else knows of the schedule.
    if (!(await this.crons.synced(ctx, cron, next))) await schedules.delete(id);
  }

  private async giveUp(ctx: TenantContext, cron: CronRow, error: unknown): Promise<void> {
    const log = { tenant_id: cron.tenant_id, cron_id: cron.cron_id };
    if (!isHoldfastError(error) || error.code !== 'INVALID_ARGUMENT' || cron.deleted) {
      this.log.debug({ err: error, ...log }, 'the schedule of a cron could not be changed; its lease brings it back');
      return;
    }
    this.log.warn({ err: error, ...log }, 'a cron was given up: its schedule cannot be read');
    await this.refuse(ctx, cron, error.message).catch((failure: unknown) => {
      this.log.warn({ err: failure, ...log }, 'a cron could not be given up; its lease brings it back');
    });
  }

  /**
   * One whose times cannot be read, because its request could not be refused (it died, or Temporal was away), must not be tried for ever. It
   * was never any good, or stands still until somebody mends it.
   */
  private async refuse(ctx: TenantContext, cron: CronRow, problem: string): Promise<void> {
    if (cron.synced_revision === 0) {
      await this.crons.delete(ctx, cron.cron_id);
      return;
    }
    await this.temporal.crons().pause({ tenantId: cron.tenant_id, cronId: cron.cron_id });
    // It was changed meanwhile: that it is behind brings the schedule to what it says now.
    if (!(await this.crons.refuse(ctx, cron, problem))) await this.crons.synced(ctx, cron, null);
  }
}
