import { setTimeout as sleep } from 'node:timers/promises';
import { unreadyIntervalMs, watchHealth } from './watch-health.ts';

describe('unreadyIntervalMs', () => {
  it('is short while a start may still succeed any moment', () => {
    for (const ms of [0, 1_000, 10_000]) expect(unreadyIntervalMs(ms)).toBe(50);
  });

  it('grows to a second for what waits longer', () => {
    const intervals = [11_000, 15_000, 20_000, 600_000].map(unreadyIntervalMs);
    expect(intervals).toEqual([...intervals].sort((a, b) => a - b));
    expect(intervals[0]).toBeGreaterThan(50);
    expect(intervals.slice(2)).toEqual([1_000, 1_000]);
  });
});

describe('watchHealth', () => {
  it('asks often in the beginning and ends with its signal', async () => {
    let asked = 0;
    const end = new AbortController();
    const check = async (): Promise<void> => {
      asked += 1;
      throw new Error('not yet');
    };
    const spec = { name: 'a', command: '', args: [], env: {}, cwd: '/', port: 0, check };
    const problems: string[] = [];
    const watch = watchHealth({ spec, signal: end.signal, onReady: () => undefined, onUnready: (problem) => problems.push(problem), onHung: () => undefined });
    await sleep(300);
    end.abort();
    await watch;
    expect(asked).toBeGreaterThan(2);
    expect(new Set(problems)).toEqual(new Set(['not yet']));
  });
});
