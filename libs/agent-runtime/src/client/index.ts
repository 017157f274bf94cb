export { type CronTimes, CronSchedules } from './cron-schedules';
export { type ThreadClientOptions, ThreadClient } from './thread-client';
