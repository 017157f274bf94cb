import { type Client, ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { optionalDateToTs } from '@temporalio/common/lib/time.js';
import { TaskQueue } from '@holdfast/contracts';
import { HoldfastError } from '@holdfast/contracts/errors';
import { type CronFiringInput, CRON_WORKFLOW_TYPE, cronScheduleId } from '../api';
import { toClientError } from './client.errors';

/** When a cron fires. */
export interface CronTimes {
  readonly tenantId: string;
  readonly cronId: string;
  /** Cron expression of 5, 6 or 7 fields (minute first; with 7: second first; year last), a shorthand such as `@daily`, or `@every 10m`. */
  readonly schedule: string;
  /** IANA name; null: UTC. */
  readonly timezone: string | null;
  readonly endTime: Date | null;
  readonly paused: boolean;
}

type Firing = (input: CronFiringInput) => Promise<void>;

const DEFAULT_DEADLINE_MS = 5_000;
/** Moments that were missed for longer, because Temporal was away, are left out. */
const CATCH_UP = '10 minutes';
/** Moments of one backfill. Less than the server counts. */
export const MAX_BACKFILL = 500;
/** A moment that no worker takes within a day is given up. */
const FIRING_TIMEOUT = '1 day';

/** The Temporal Schedules of crons. Every method throws HoldfastError: DEPENDENCY_UNAVAILABLE, DEADLINE_EXCEEDED; INVALID_ARGUMENT for what the server refuses. */
export class CronSchedules {
  readonly #client: Client;
  readonly #deadlineMs: number;

  /** @param deadlineMs that one call may take */
  constructor(client: Client, deadlineMs = DEFAULT_DEADLINE_MS) {
    this.#client = client;
    this.#deadlineMs = deadlineMs;
  }

  /** Makes the schedule, or brings it to this; gives the next moment. @throws HoldfastError INVALID_ARGUMENT, too, when the times cannot be read */
  async put(times: CronTimes): Promise<Date | null> {
    const scheduleId = cronScheduleId(times.tenantId, times.cronId);
    const parts = partsOf(times);
    await this.#call(async () => {
      try {
        await this.#client.schedule.create({ scheduleId, ...parts });
      } catch (error) {
        if (!(error instanceof ScheduleAlreadyRunning)) throw error;
        await this.#client.schedule.getHandle(scheduleId).update<Firing>(() => parts);
      }
    });
    return (await this.next(times))[0] ?? null;
  }

  /** The next moments, at most ten; none while it is paused. */
  async next({ tenantId, cronId }: Pick<CronTimes, 'tenantId' | 'cronId'>): Promise<Date[]> {
    const found = await this.#call(() => this.#client.schedule.getHandle(cronScheduleId(tenantId, cronId)).describe().catch(undefinedWhenGone));
    return found === undefined || found.state.paused ? [] : found.info.nextActionTimes;
  }

  /**
   * Fires for every moment between the two, as if they passed now; moments that have had their run get no other.
   * @throws HoldfastError INVALID_ARGUMENT, too, when there are more than {@link MAX_BACKFILL}
   */
  async backfill({ tenantId, cronId }: Pick<CronTimes, 'tenantId' | 'cronId'>, start: Date, end: Date): Promise<void> {
    const scheduleId = cronScheduleId(tenantId, cronId);
    const between = { startTime: optionalDateToTs(start), endTime: optionalDateToTs(end) };
    const { namespace } = this.#client.options;
    // Gives the first 1,000 at most.
    const { startTime: moments } = await this.#call(() => this.#client.workflowService.listScheduleMatchingTimes({ namespace, scheduleId, ...between }));
    if (moments.length > MAX_BACKFILL) {
      const message = `there must not be more than ${MAX_BACKFILL} moments between start_time and end_time`;
      throw new HoldfastError('INVALID_ARGUMENT', message, { fields: [{ path: 'end_time', message }] });
    }
    await this.#call(() => this.#client.schedule.getHandle(scheduleId).backfill({ start, end, overlap: ScheduleOverlapPolicy.ALLOW_ALL }));
  }

  /** Lets it fire no more; one that is gone is fine. */
  async pause({ tenantId, cronId }: Pick<CronTimes, 'tenantId' | 'cronId'>): Promise<void> {
    await this.#call(() => this.#client.schedule.getHandle(cronScheduleId(tenantId, cronId)).pause().catch(undefinedWhenGone));
  }

  /** Deletes the schedule; one that is gone already is fine. */
  async delete({ tenantId, cronId }: Pick<CronTimes, 'tenantId' | 'cronId'>): Promise<void> {
    await this.#call(() => this.#client.schedule.getHandle(cronScheduleId(tenantId, cronId)).delete().catch(undefinedWhenGone));
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await this.#client.withDeadline(Date.now() + this.#deadlineMs, call);
    } catch (error) {
      // What the SDK makes of the server's INVALID_ARGUMENT.
      if (!(error instanceof TypeError)) throw toClientError(error);
      const { message } = error;
      throw new HoldfastError('INVALID_ARGUMENT', `schedule: ${message}`, { cause: error, fields: [{ path: 'schedule', message }] });
    }
  }
}

function partsOf({ tenantId, cronId, schedule, timezone, endTime, paused }: CronTimes) {
  return {
    spec: { cronExpressions: [schedule], ...(timezone === null ? {} : { timezone }), ...(endTime === null ? {} : { endAt: endTime }) },
    // A firing ends at once, so that none can overlap another; what runs may do is said by the cron.
    policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL, catchupWindow: CATCH_UP, pauseOnFailure: false },
    state: { paused },
    action: {
      type: 'startWorkflow' as const,
      workflowType: CRON_WORKFLOW_TYPE,
      workflowId: cronScheduleId(tenantId, cronId),
      taskQueue: TaskQueue.agents,
      args: [{ tenantId, cronId }] as [CronFiringInput],
      workflowExecutionTimeout: FIRING_TIMEOUT,
      // As threads are started: one tenant's moments must not keep the others' runs from their turn.
      priority: { fairnessKey: tenantId },
    },
  };
}

function undefinedWhenGone(error: unknown): undefined {
  if (error instanceof ScheduleNotFoundError) return undefined;
  throw error;
}
