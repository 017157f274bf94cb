import { Inject, Injectable } from '@nestjs/common';
import { isHoldfastError } from '@holdfast/contracts/errors';
import { RepeatingRound, ROOT_LOGGER, counter, type LogSink } from '@holdfast/nest-kit';
import { CronFiringsRepository, CronsRepository, type ClaimedFiring, type CronFiring, type CronRow } from '@holdfast/persistence';
import { systemContext, type TenantContext } from '@holdfast/tenant-context';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { TemporalLink } from '../connections/temporal-link';
import { mapBounded } from '../rounds/map-bounded';
import { RoundsService } from '../rounds/rounds-service';
import { RunCreationService } from '../runs/run-creation.service';
import { cronPayloadSchema } from './crons.schema';

const BATCH = 100;
/** A claimed moment is not given to another gateway for so long. */
const LEASE_MS = 15_000;
/** Part of the idempotency key of a cron's runs. */
const ROUTE = 'cron';

const fired = counter<'outcome'>({ name: 'holdfast_cron_moments_total', help: 'What became of moments of crons.', labelNames: ['outcome'] });

/** Makes the runs of crons, on the way that requests take. Any number of gateways may do so at once. */
@Injectable()
export class CronFiringsService extends RoundsService {
  protected readonly rounds: RepeatingRound;

  constructor(
    @Inject(CronsRepository) private readonly crons: CronsRepository,
    @Inject(CronFiringsRepository) private readonly firings: CronFiringsRepository,
    @Inject(RunCreationService) private readonly creation: RunCreationService,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(GATEWAY_CONFIG) config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    super();
    const round = async (): Promise<boolean> => (await this.look()) === BATCH;
    this.rounds = new RepeatingRound({ name: 'look for moments of crons', round, pauseMs: config.SWEEP_INTERVAL_MS, log });
  }

  /** One round. Gives how many moments it looked at. */
  async look(): Promise<number> {
    const until = performance.now() + LEASE_MS;
    const moments = await this.firings.claim({ limit: BATCH, leaseMs: LEASE_MS });
    await mapBounded([...Map.groupBy(moments, ({ tenantId, cronId }) => `${tenantId} ${cronId}`).values()], (ofCron) => this.settleAll(ofCron, until));
    return moments.length;
  }

  /** Moments of one cron, one after the other: whether one is skipped depends on the one before. */
  private async settleAll(moments: readonly ClaimedFiring[], until: number): Promise<void> {
    const [first] = moments;
    if (first === undefined) return;
    const { tenantId, cronId } = first;
    const ctx = systemContext(tenantId, 'crons', `cron-${cronId}`);
    let goesOn = true;
    for (const moment of moments.toSorted((a, b) => a.scheduledAt.getTime() - b.scheduledAt.getTime())) {
      // Another gateway may have it by now.
      if (performance.now() >= until) break;
      goesOn = await this.settle(ctx, moment).catch((error: unknown) => {
        // One that cannot be settled must not keep the others from their turn; its lease brings it back.
        this.log.warn({ err: error, tenant_id: tenantId, cron_id: cronId }, 'the run of a cron could not be made; it is tried again');
        return true;
      });
    }
    // Without it the lease ends by itself.
    await this.firings.release(ctx, first).catch((error: unknown) => this.log.debug({ err: error, cron_id: cronId }, 'a cron was not released'));
    if (goesOn) await this.noteNext(ctx, cronId);
  }

  /** False when the cron has no next moment: it is gone, or was switched off. */
  private async settle(ctx: TenantContext, moment: CronFiring): Promise<boolean> {
    const cron = await this.crons.get(ctx, moment.cronId);
    if (cron === null) {
      // A deleted cron takes its moments along.
      await this.firings.finish(ctx, moment, 'deleted', null);
      return false;
    }
    const { outcome, runId } = await this.run(ctx, cron, moment);
    if (await this.firings.finish(ctx, moment, outcome, runId)) fired.inc({ outcome });
    if (outcome === 'NOT_FOUND') await this.switchOff(ctx, cron);
    return outcome !== 'NOT_FOUND';
  }

  private async run(ctx: TenantContext, cron: CronRow, firing: CronFiring): Promise<{ outcome: string; runId: string | null }> {
    if (cron.overlap === 'skip' && (await this.firings.activeRun(ctx, firing, ROUTE)) !== null) return { outcome: 'skipped', runId: null };
    const { cronId, scheduledAt } = firing;
    const moment = scheduledAt.toISOString();
    // As its author, whose rights it has.
    const author: TenantContext = { ...ctx, principalId: cron.user_id, roles: cron.roles };
    const body = {
      ...cronPayloadSchema.parse(cron.payload),
      assistant_id: cron.assistant_id,
      metadata: { ...cron.metadata, cron_id: cronId, cron_moment: moment },
      on_completion: cron.on_run_completed,
    };
    try {
      // The same key again, after a crash, gives the same run.
      const idempotency = { route: ROUTE, key: `${cronId}/${moment}` };
      const run = await this.creation.create(author, { threadId: cron.thread_id ?? undefined, body, idempotency });
      return { outcome: 'run', runId: run.run_id };
    } catch (error) {
      if (!isHoldfastError(error) || error.retryable || error.code === 'INTERNAL') throw error;
      this.log.info({ err: error, tenant_id: ctx.tenantId, cron_id: cronId, moment }, 'a cron made no run');
      return { outcome: error.code, runId: null };
    }
  }

  /** Its assistant or its thread is gone: it would fail for ever. */
  private async switchOff(ctx: TenantContext, { cron_id: cronId, tenant_id: tenantId }: CronRow): Promise<void> {
    await this.crons.update(ctx, cronId, { change: { enabled: false, problem: 'its assistant or its thread is gone' } });
    this.log.warn({ tenant_id: tenantId, cron_id: cronId }, 'a cron was switched off: its assistant or its thread is gone');
  }

  /** For lists only: a failure costs nothing but an old date. */
  private async noteNext(ctx: TenantContext, cronId: string): Promise<void> {
    try {
      const [next] = await this.temporal.crons().next({ tenantId: ctx.tenantId, cronId });
      await this.crons.noteNext(ctx, cronId, next ?? null);
    } catch (error) {
      this.log.debug({ err: error, tenant_id: ctx.tenantId, cron_id: cronId }, 'the next moment of a cron is not known');
    }
  }
}
