export { type CronTimes, CronSchedules, MAX_BACKFILL } from './cron-schedules';
export { type ThreadClientOptions, ThreadClient } from './thread-client';
