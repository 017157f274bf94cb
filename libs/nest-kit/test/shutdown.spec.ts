import { join } from 'node:path';
import { jest } from '@jest/globals';
import { AppProcess, bundleForTest } from '@holdfast/testing';

jest.setTimeout(60_000);

describe('shutdown of a process', () => {
  let bundle: string;
  beforeAll(async () => {
    bundle = (await bundleForTest(join(import.meta.dirname, '..'), 'test/shutdown-main'))['test/shutdown-main'];
  });

  it('finishes what is in flight at SIGTERM and exits with 0', async () => {
    const app = AppProcess.start(bundle);
    const slow = fetch(`${await app.url}/slow`);
    await app.said('slow begins');
    app.signal('SIGTERM');
    expect(await (await slow).json()).toEqual({ done: true });
    expect(await app.exit).toBe(0);
    expect(app.lines.map((line) => line['msg']).slice(-4)).toEqual(['request', 'module destroyed', 'connections closed', 'shut down']);
  });

  it('gives up after its grace with 1', async () => {
    const app = AppProcess.start(bundle);
    fetch(`${await app.url}/endless`).catch(() => undefined);
    await app.said('endless begins');
    const begun = performance.now();
    app.signal('SIGTERM');
    expect(await app.exit).toBe(1);
    expect(performance.now() - begun).toBeGreaterThan(1100);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('leaves at once at a second %s with %d', async (signal, code) => {
    const app = AppProcess.start(bundle);
    fetch(`${await app.url}/endless`).catch(() => undefined);
    await app.said('endless begins');
    app.signal('SIGTERM');
    await app.said('shutting down');
    app.signal(signal);
    expect(await app.exit).toBe(code);
  });
});
