import { random, startRandom } from './random';

const numbers = (origin: string): number[] => {
  startRandom(origin);
  return Array.from({ length: 50 }, random);
};

describe('random numbers of a run', () => {
  it('are the same whenever it goes on from the same checkpoint, and others from any other', () => {
    expect(numbers('tenant/run/checkpoint-1')).toEqual(numbers('tenant/run/checkpoint-1'));
    const lists = ['tenant/run/', 'tenant/run/checkpoint-1', 'tenant/run/checkpoint-2', 'tenant/other/checkpoint-1'].map(numbers);
    expect(new Set(lists.flat()).size).toBe(200);
  });

  it('lie from 0 to below 1', () => {
    expect(numbers('x').every((number) => number >= 0 && number < 1)).toBe(true);
  });
});
