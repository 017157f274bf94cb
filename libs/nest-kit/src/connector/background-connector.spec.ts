import { setTimeout as sleep } from 'node:timers/promises';
import { BackgroundConnector } from './background-connector';
import { pauseFor } from './retry-delay';

const told: string[] = [];
const log = {
  debug: () => undefined,
  error: () => undefined,
  info: (_fields: object, message: string) => told.push(message),
  warn: (_fields: object, message: string) => told.push(message),
};
const pause = { firstMs: 1, longestMs: 5 };

describe('BackgroundConnector', () => {
  beforeEach(() => told.splice(0));

  it('connects for ever, tells the outage once, and is ready when the dependency comes', async () => {
    let attempts = 0;
    const connector = new BackgroundConnector({
      name: 'thing',
      log,
      pause,
      connect: () => ((attempts += 1) < 20 ? Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:1')) : Promise.resolve('connection')),
    });
    connector.start();
    connector.start();
    await expect(connector.check()).rejects.toThrow();
    expect(await connector.whenConnected()).toBe('connection');
    await connector.check();
    expect(attempts).toBe(20);
    expect(told).toEqual(['waiting for thing: connect ECONNREFUSED 127.0.0.1:1', 'connected to thing']);
    await connector.stop();
  });

  it('gives an attempt up after its time, and closes a connection that comes too late', async () => {
    const closed: string[] = [];
    let attempts = 0;
    const connector = new BackgroundConnector({
      name: 'slow',
      log,
      pause,
      attemptTimeoutMs: 20,
      connect: async () => {
        attempts += 1;
        const name = `connection ${attempts}`;
        if (attempts === 1) await sleep(60);
        return name;
      },
      disconnect: (connection) => Promise.resolve(void closed.push(connection)),
    });
    connector.start();
    expect(await connector.whenConnected()).toBe('connection 2');
    await sleep(80);
    expect(closed).toEqual(['connection 1']);
    await connector.stop();
    expect(closed).toEqual(['connection 1', 'connection 2']);
    expect(connector.state).toBe('stopped');
  });

  it('connects anew after a loss', async () => {
    let made = 0;
    const connector = new BackgroundConnector({ name: 'lossy', log, pause, connect: () => Promise.resolve((made += 1)) });
    connector.start();
    await connector.whenConnected();
    connector.lost(new Error('reset'));
    expect(connector.get()).toBeUndefined();
    expect(await connector.whenConnected()).toBe(2);
    await connector.stop();
  });

  it('ends its waiters when it stops or when they are told to', async () => {
    const connector = new BackgroundConnector({ name: 'never', log, pause, connect: () => new Promise<never>(() => undefined) });
    connector.start();
    const impatient = new AbortController();
    const first = connector.whenConnected(impatient.signal);
    const second = connector.whenConnected();
    impatient.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    const ended = expect(second).rejects.toThrow('stopped');
    await connector.stop();
    await ended;
  });
});

describe('pauseFor', () => {
  it('doubles up to its longest, with a random half', () => {
    const settings = { firstMs: 100, longestMs: 1000 };
    expect([1, 2, 3, 4, 5, 500].map((attempt) => pauseFor(attempt, settings, () => 1))).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(pauseFor(3, settings, () => 0)).toBe(200);
  });
});
