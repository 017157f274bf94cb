import type { OutboxLag } from '@holdfast/persistence';
import { LagWatch } from './lag-watch';
import { lagSeconds, waiting } from './relay-metrics';

describe('LagWatch', () => {
  const told: string[] = [];
  const log = { debug: () => undefined, error: () => undefined, info: (_f: object, m: string) => told.push(m), warn: (_f: object, m: string) => told.push(m) };
  let lag: OutboxLag | Error = { unpublished: 0, oldestAgeMs: 0 };
  let now = 0;
  const watch = new LagWatch({ lag: () => (lag instanceof Error ? Promise.reject(lag) : Promise.resolve(lag)) }, log, () => now);

  it('measures, tells a delay once a minute, and its end', async () => {
    lag = { unpublished: 3, oldestAgeMs: 500 };
    await watch.look();
    expect((await lagSeconds.get()).values[0]?.value).toBe(0.5);
    expect(told).toEqual([]);
    lag = { unpublished: 70, oldestAgeMs: 12_000 };
    for (now = 0; now < 59_000; now += 5000) await watch.look();
    expect(told).toEqual(['events wait to be relayed']);
    now = 61_000;
    await watch.look();
    expect(told).toHaveLength(2);
    lag = new Error('away');
    await watch.look();
    expect((await waiting.get()).values[0]?.value).toBe(70);
    lag = { unpublished: 0, oldestAgeMs: 0 };
    await watch.look();
    expect(told[2]).toBe('events are relayed in time again');
  });
});
