import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { LogSink } from '@holdfast/nest-kit';
import { type ConnectionOptions, Queue, Worker } from 'bullmq';

/** Options of {@link RollUpJobs}. */
export interface RollUpJobsSettings {
  readonly redisUrl: string;
  /** Before its keys in Redis. */
  readonly prefix: string;
  /** Pace of the jobs over all processes, ms. */
  readonly everyMs: number;
  /** One job. What it throws is logged, and the next job comes at its time. */
  work(): Promise<void>;
  readonly log: LogSink;
}

const QUEUE = 'slo';
const JOB = 'roll-up';
/** Longest that a command to Redis takes, ms. */
const COMMAND_MS = 5_000;
/** Longest that a job may keep a shutdown, ms. */
const CLOSE_MS = 5_000;
/** Longest pause between two attempts to connect, ms. */
const RECONNECT_MS = 2_000;

/**
 * One job at a steady pace, done by one of the processes that take part: a job scheduler of BullMQ under a fixed id. A job that died with its
 * process is taken up by another; no job is tried again, because the next one does all of its work.
 */
export class RollUpJobs {
  readonly #queue: Queue;
  readonly #worker: Worker;
  #scheduling: Promise<unknown> | undefined;
  #isAway = false;
  #isClosing = false;

  constructor(private readonly settings: RollUpJobsSettings) {
    const { redisUrl, prefix, log, work } = settings;
    // BullMQ's check warns of every eviction but `noeviction`. Ours (infra/redis) is `volatile-lru`: it takes only what has an expiry, which
    // BullMQ's keys have not and the result cache's have. With `noeviction` a full cache would refuse the jobs.
    const shared: ConnectionOptions = {
      url: redisUrl,
      skipVersionCheck: true,
      connectTimeout: 2_000,
      // Otherwise connections that BullMQ cannot close while Redis is away go on trying, and keep the process.
      retryStrategy: (times) => (this.#isClosing ? null : Math.min(times * 200, RECONNECT_MS)),
    };
    this.#queue = new Queue(QUEUE, { prefix, connection: { ...shared, enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: COMMAND_MS } });
    this.#worker = new Worker(QUEUE, work, { prefix, connection: { ...shared, maxRetriesPerRequest: null }, concurrency: 1, autorun: false });
    const onError = (error: Error): void => {
      // Each attempt to connect tells of the same outage.
      if (!this.#isAway) log.warn({ dependency: 'redis', reason: error.message }, 'service levels are not rolled up: Redis is away');
      this.#isAway = true;
    };
    this.#queue.on('error', onError);
    this.#worker.on('error', onError);
    this.#worker.on('completed', () => (this.#isAway = false));
    this.#worker.on('failed', (_, error) => log.error({ err: error }, 'service levels could not be rolled up; it is tried again at the next turn'));
  }

  /** Begins taking jobs. */
  start(): void {
    // It ends with the worker, and tells of failures by its `error` event.
    void this.#worker.run().catch(() => undefined);
  }

  /**
   * Sees to it that there are jobs, whoever has lost them (Redis keeps them in memory and in a file). Changes nothing when there are.
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE while Redis is away
   */
  async keepScheduled(): Promise<void> {
    const { everyMs } = this.settings;
    // BullMQ waits for its first connection for as long as it takes: one such wait is enough.
    this.#scheduling ??= this.#queue
      .upsertJobScheduler(JOB, { every: everyMs }, { name: JOB, opts: { removeOnComplete: true, removeOnFail: true } })
      .finally(() => (this.#scheduling = undefined));
    const isDone = await Promise.race([this.#scheduling.then(() => true), sleep(COMMAND_MS, false, { ref: false })]).catch(() => false);
    if (!isDone) throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'Redis does not take the schedule of the rollups');
  }

  /** Waits for the job under way, but not for ever. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = Promise.allSettled([this.#worker.close(), this.#queue.close()]);
    await Promise.race([closed, sleep(CLOSE_MS, undefined, { ref: false })]);
  }
}
