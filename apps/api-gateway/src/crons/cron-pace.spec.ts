import { shortestIntervalMs } from './cron-pace';

describe('the shortest interval that a schedule shows', () => {
  it.each([
    ['* * * * *', 60_000],
    ['@daily', 60_000],
    ['0 9 * * * 2030', 60_000],
    ['@every 10m', 600_000],
    ['@every 1h30m/5m', 5_400_000],
    ['@every 1.5m', 90_000],
    ['@every 1d', 86_400_000],
    ['@every 59s', 59_000],
    ['@every 500ms', 500],
    ['@every soon', 0],
    ['@every', 0],
    ['30 * * * * * *', 60_000],
    ['* * * * * * *', 1_000],
    ['*/20 * * * * * *', 20_000],
    ['5/30 * * * * * *', 30_000],
    ['0,59 * * * * * *', 1_000],
    ['10-12 * * * * * *', 1_000],
    ['CRON_TZ=Europe/Berlin * * * * * * * # often', 1_000],
    ['TZ=UTC @every 1s', 1_000],
    [' @every 1s', 1_000],
  ])('of %j is %d ms', (schedule, ms) => {
    expect(shortestIntervalMs(schedule)).toBe(ms);
  });
});
