import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@holdfast/testing';
import { Redis } from 'ioredis';
import { RollUpJobs } from '../src/slo/roll-up-jobs';
import { env, NOWHERE } from './gateway-fixture';

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} };
// BullMQ waits in whole seconds when it does not know the version of Redis.
const EVERY_MS = 1_000;

describe('jobs that several processes share', () => {
  const prefix = `slo-test-${randomUUID()}`;
  const redis = new Redis(env('REDIS_URL'));
  const done: string[] = [];
  const open: RollUpJobs[] = [];
  const process = (name: string, work: () => Promise<void> = async () => void done.push(name)): RollUpJobs => {
    const jobs = new RollUpJobs({ redisUrl: env('REDIS_URL'), prefix, everyMs: EVERY_MS, work, log: silent });
    open.push(jobs);
    jobs.start();
    return jobs;
  };
  const forget = async (): Promise<void> => {
    for (const key of await redis.keys(`${prefix}:*`)) await redis.del(key);
  };

  afterAll(async () => {
    await Promise.all(open.map((jobs) => jobs.close()));
    await forget();
    redis.disconnect();
  });

  it('are done once per pace, whoever schedules them and however often', async () => {
    const processes = [process('a'), process('b'), process('c')];
    for (let i = 0; i < 3; i += 1) await Promise.all(processes.map((jobs) => jobs.keepScheduled()));
    await eventually('the first job', async () => done.length > 0);
    const before = done.length;
    await sleep(6 * EVERY_MS);
    const made = done.length - before;
    expect(made).toBeGreaterThanOrEqual(4);
    expect(made).toBeLessThanOrEqual(7);
    // Bounded: what is done leaves nothing behind.
    expect((await redis.keys(`${prefix}:*`)).length).toBeLessThan(20);
  }, 30_000);

  it('go on after a job that failed, and when a process goes', async () => {
    let failures = 0;
    process('failing', async () => {
      failures += 1;
      throw new Error('PostgreSQL is away');
    });
    await Promise.all(open.slice(0, 3).map((jobs) => jobs.close()));
    await eventually('two failures', async () => failures >= 2);
    process('d');
    await eventually('a job of the new process', async () => done.includes('d'));
  }, 60_000);

  it('come back when Redis has lost them', async () => {
    await forget();
    await open.at(-1)!.keepScheduled();
    const before = done.length;
    await eventually('a job', async () => done.length > before);
  }, 30_000);

  it('say that Redis is away, and end although it is', async () => {
    const away = new RollUpJobs({ redisUrl: `redis://${NOWHERE}`, prefix, everyMs: EVERY_MS, work: async () => undefined, log: silent });
    away.start();
    await expect(away.keepScheduled()).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    const began = performance.now();
    await away.close();
    expect(performance.now() - began).toBeLessThan(6_000);
  }, 20_000);
});
