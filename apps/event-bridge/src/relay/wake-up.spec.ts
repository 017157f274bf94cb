import { WakeUp } from './wake-up';

const never = new AbortController().signal;

describe('WakeUp', () => {
  it('ends a wait by a ring, and the next one by a ring that came early', async () => {
    const bell = new WakeUp();
    const waiting = bell.wait(60_000, never);
    bell.ring();
    await waiting;
    bell.ring();
    await bell.wait(60_000, never);
  });

  it('rings once: two early rings end one wait', async () => {
    const bell = new WakeUp();
    bell.ring();
    bell.ring();
    await bell.wait(60_000, never);
    const begun = performance.now();
    await bell.wait(30, never);
    expect(performance.now() - begun).toBeGreaterThan(25);
  });

  it('ends by the signal', async () => {
    const stop = new AbortController();
    const waiting = new WakeUp().wait(60_000, stop.signal);
    stop.abort();
    await waiting;
    await new WakeUp().wait(60_000, stop.signal);
  });
});
