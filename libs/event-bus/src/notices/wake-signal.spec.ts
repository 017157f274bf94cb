import { getEventListeners } from 'node:events';
import { WakeSignal } from './wake-signal';

const never = new AbortController().signal;

describe('WakeSignal', () => {
  it('ends a wait by a wake-up, and the next one by a wake-up that came early', async () => {
    const signal = new WakeSignal();
    const waiting = signal.wait(60_000, never);
    signal.wake();
    await waiting;
    signal.wake();
    await signal.wait(60_000, never);
  });

  it('wakes once: two early wake-ups end one wait', async () => {
    const signal = new WakeSignal();
    signal.wake();
    signal.wake();
    await signal.wait(60_000, never);
    const begun = performance.now();
    await signal.wait(30, never);
    expect(performance.now() - begun).toBeGreaterThan(25);
  });

  it('ends by the abort signal', async () => {
    const stop = new AbortController();
    const waiting = new WakeSignal().wait(60_000, stop.signal);
    stop.abort();
    await waiting;
    await new WakeSignal().wait(60_000, stop.signal);
  });

  it('leaves nothing behind on an abort signal that lives as long as the process', async () => {
    const stop = new AbortController();
    const signal = new WakeSignal();
    for (let i = 0; i < 3; i += 1) await signal.wait(1, stop.signal);
    const waiting = signal.wait(60_000, stop.signal);
    signal.wake();
    await waiting;
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });
});
