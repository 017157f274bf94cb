import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { CronsRepository, MAX_CRONS, ThreadsRepository, type CronFields, type CronRow, type NewCron } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import { AssistantDirectory } from '../assistants/assistant-directory';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { TemporalLink } from '../connections/temporal-link';
import { refuseUnsupportedRun } from '../http/not-supported';
import type { Page } from '../http/pagination';
import { threadNotFound } from '../threads/thread-errors';
import { shortestIntervalMs } from './cron-pace';
import { CRON_LEASE_MS, CronSyncService } from './cron-sync.service';
import type { Cron, CronBackfill, CronCount, CronCreate, CronDetail, CronPatch, CronPayload, CronSearch } from './crons.schema';

/** Runs by the clock: a row, and a Temporal Schedule that follows it. */
@Injectable()
export class CronsService {
  constructor(
    @Inject(CronsRepository) private readonly crons: CronsRepository,
    @Inject(ThreadsRepository) private readonly threads: ThreadsRepository,
    @Inject(AssistantDirectory) private readonly assistants: AssistantDirectory,
    @Inject(CronSyncService) private readonly schedules: CronSyncService,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** @throws HoldfastError NOT_FOUND (assistant, thread), INVALID_ARGUMENT (schedule), NOT_SUPPORTED, CONFLICT when there are too many */
  async create(ctx: TenantContext, threadId: string | null, body: CronCreate): Promise<Cron> {
    const { assistant_id: ref, schedule, timezone, end_time, enabled, metadata, on_run_completed, overlap, ...payload } = body;
    refuseUnsupportedRun({ assistant_id: ref, ...payload });
    this.refuseHaste(schedule);
    const assistant = await this.assistants.require(ctx, ref);
    if (threadId !== null && (await this.threads.get(ctx, threadId)) === null) throw threadNotFound(threadId);
    const cron: NewCron = {
      cron_id: uuidv7(),
      assistant_id: assistant.assistant_id,
      thread_id: threadId,
      schedule,
      timezone: timezone ?? null,
      end_time: dateOf(end_time) ?? null,
      enabled: enabled ?? true,
      overlap: overlap ?? 'allow',
      on_run_completed: on_run_completed ?? 'delete',
      payload: withoutNothing(payload),
      metadata: metadata ?? {},
      ...authorOf(ctx),
    };
    const row = await this.crons.create(ctx, cron, CRON_LEASE_MS);
    if (row === null) throw new HoldfastError('CONFLICT', `The tenant has ${MAX_CRONS} crons: delete some first.`);
    return this.synced(ctx, row, () => this.crons.discard(ctx, row.cron_id));
  }

  /** A page. */
  async search(ctx: TenantContext, body: CronSearch): Promise<Page<Cron>> {
    const filter = filterOf(body);
    const sort = { sortBy: body.sort_by ?? undefined, sortOrder: body.sort_order ?? undefined };
    const [rows, total] = await Promise.all([
      this.crons.search(ctx, { ...filter, ...sort, limit: body.limit, offset: body.offset }),
      this.crons.count(ctx, filter),
    ]);
    return { items: rows.map(toCron), total, offset: body.offset };
  }

  /** How many a search would find. */
  count(ctx: TenantContext, body: CronCount): Promise<number> {
    return this.crons.count(ctx, filterOf(body));
  }

  /** @throws HoldfastError NOT_FOUND; DEPENDENCY_UNAVAILABLE while Temporal is away */
  async get(ctx: TenantContext, cronId: string): Promise<CronDetail> {
    const row = await this.require(ctx, cronId);
    const next = await this.temporal.crons().next({ tenantId: ctx.tenantId, cronId });
    return { ...toCron({ ...row, next_run_at: next[0] ?? null }), next_run_dates: next.map((date) => date.toISOString()) };
  }

  /** @throws HoldfastError NOT_FOUND, INVALID_ARGUMENT (schedule), NOT_SUPPORTED */
  async update(ctx: TenantContext, cronId: string, body: CronPatch): Promise<Cron> {
    const { schedule, timezone, end_time, enabled, metadata, on_run_completed, overlap, ...payload } = body;
    const before = await this.require(ctx, cronId);
    refuseUnsupportedRun({ assistant_id: before.assistant_id, ...payload });
    if (schedule != null) this.refuseHaste(schedule);
    const change: Partial<CronFields> = {
      schedule: schedule ?? before.schedule,
      timezone: timezone === undefined ? before.timezone : timezone,
      end_time: end_time === undefined ? before.end_time : (dateOf(end_time) ?? null),
      enabled: enabled ?? before.enabled,
      overlap: overlap ?? before.overlap,
      on_run_completed: on_run_completed ?? before.on_run_completed,
      payload: { ...before.payload, ...withoutNothing(payload) },
      metadata: { ...before.metadata, ...metadata },
      // Whoever changes what runs is who asks for it: otherwise it would have the rights, and count as a request, of its author.
      ...authorOf(ctx),
    };
    const row = await this.crons.update(ctx, cronId, { change, revision: before.revision, leaseMs: CRON_LEASE_MS });
    if (row === null) throw new HoldfastError('CONFLICT', 'The cron was changed at the same moment: look again.');
    const takeBack = { change: { ...fieldsOf(before), problem: before.problem }, revision: row.revision };
    return this.synced(ctx, row, () => this.crons.update(ctx, cronId, takeBack));
  }

  /** @throws HoldfastError NOT_FOUND */
  async delete(ctx: TenantContext, cronId: string): Promise<void> {
    const row = await this.crons.delete(ctx, cronId, CRON_LEASE_MS);
    if (row === null) throw cronNotFound(cronId);
    await this.schedules.sync(ctx, row);
  }

  /** Makes the runs of moments that have passed. @throws HoldfastError NOT_FOUND; DEPENDENCY_UNAVAILABLE while Temporal is away */
  async backfill(ctx: TenantContext, cronId: string, { start_time, end_time }: CronBackfill): Promise<void> {
    await this.require(ctx, cronId);
    await this.temporal.crons().backfill({ tenantId: ctx.tenantId, cronId }, new Date(start_time), new Date(end_time));
  }

  private refuseHaste(schedule: string): void {
    const shortest = this.config.CRON_MIN_INTERVAL_MS;
    if (shortestIntervalMs(schedule) >= shortest) return;
    const message = `must not fire more often than every ${shortest / 1_000} s`;
    throw new HoldfastError('INVALID_ARGUMENT', `schedule: ${message}`, { fields: [{ path: 'schedule', message }] });
  }

  private async require(ctx: TenantContext, cronId: string): Promise<CronRow> {
    const row = await this.crons.get(ctx, cronId);
    if (row === null) throw cronNotFound(cronId);
    return row;
  }

  /** The cron with its schedule brought up to date; one whose times cannot be read is taken back. */
  private async synced(ctx: TenantContext, row: CronRow, takeBack: () => Promise<unknown>): Promise<Cron> {
    try {
      await this.schedules.sync(ctx, row);
    } catch (error) {
      if (isHoldfastError(error) && error.code === 'INVALID_ARGUMENT') await takeBack();
      throw error;
    }
    return toCron((await this.crons.get(ctx, row.cron_id)) ?? row);
  }
}

/** The one answer for crons that are missing or another tenant's. */
function cronNotFound(cronId: string): HoldfastError {
  return new HoldfastError('NOT_FOUND', `Cron with ID ${cronId} not found.`);
}

function toCron(row: CronRow): Cron {
  const { cron_id, assistant_id, thread_id, schedule, timezone, enabled, overlap, on_run_completed, payload, metadata, user_id, problem } = row;
  const next_run_date = enabled ? (row.next_run_at?.toISOString() ?? null) : null;
  const times = { end_time: row.end_time?.toISOString() ?? null, next_run_date, created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() };
  return { cron_id, assistant_id, thread_id, schedule, timezone, enabled, overlap, on_run_completed, payload, metadata, user_id, problem, ...times };
}

function authorOf({ principalId, roles }: TenantContext): Pick<CronFields, 'user_id' | 'roles'> {
  return { user_id: principalId, roles: [...roles] };
}

function fieldsOf({ schedule, timezone, end_time, enabled, overlap, on_run_completed, payload, metadata, user_id, roles }: CronRow): CronFields {
  return { schedule, timezone, end_time, enabled, overlap, on_run_completed, payload, metadata, user_id, roles };
}

function filterOf({ assistant_id, thread_id, enabled, metadata }: CronCount) {
  return { assistantId: assistant_id ?? undefined, threadId: thread_id ?? undefined, enabled: enabled ?? undefined, metadata: metadata ?? undefined };
}

function dateOf(text: string | null | undefined): Date | undefined {
  return text == null ? undefined : new Date(text);
}

/** What SDKs send for "not given" says nothing. */
function withoutNothing(payload: CronPayload): Record<string, unknown> {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined && value !== null));
}
