import { HealthRegistry } from './health-registry';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('HealthRegistry', () => {
  it('evaluates once for many askers and again after the cache has run out', async () => {
    let calls = 0;
    let now = 0;
    const registry = new HealthRegistry(log, { cacheMs: 500, now: () => now });
    registry.add({ name: 'counted', check: () => Promise.resolve(void (calls += 1)) });
    await Promise.all(Array.from({ length: 50 }, () => registry.missing()));
    expect(calls).toBe(1);
    now = 499;
    await registry.missing();
    expect(calls).toBe(1);
    now = 501;
    await registry.missing();
    expect(calls).toBe(2);
  });

  it('gives a check its time and no more', async () => {
    const registry = new HealthRegistry(log, { timeoutMs: 30 });
    registry.add({ name: 'frozen', check: () => new Promise(() => undefined) });
    registry.add({ name: 'fine', check: () => Promise.resolve() });
    const begun = performance.now();
    expect(await registry.missing()).toEqual([{ name: 'frozen', reason: 'timeout' }]);
    expect(performance.now() - begun).toBeLessThan(500);
  });

  it('shows no text of an error, only its code', async () => {
    const registry = new HealthRegistry(log);
    registry.add({ name: 'leaky', check: () => Promise.reject(new Error('password=hunter2')) });
    expect(await registry.missing()).toEqual([{ name: 'leaky', reason: 'failed' }]);
  });

  it('is not ready from the moment it drains', async () => {
    const registry = new HealthRegistry(log);
    expect(await registry.missing()).toEqual([]);
    registry.drain();
    expect(await registry.missing()).toEqual([{ name: 'process', reason: 'shutting down' }]);
  });
});
