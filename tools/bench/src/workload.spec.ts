import { THREE_CALLS, areRight } from './workload';

describe('areRight', () => {
  it.each([
    [['one #7', 'two #7', 'three #7'], true],
    [['one #7', 'two #7'], false],
    [['one #7', 'two #7', 'three #8'], false],
    [undefined, false],
  ])('%j: %s', (results, right) => expect(areRight(THREE_CALLS, results, '#7')).toBe(right));
});
