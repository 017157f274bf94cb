import { restartDelayMs } from './backoff.ts';

describe('restartDelayMs', () => {
  it('is nothing at first and grows to five seconds', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 50].map(restartDelayMs)).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });
});
