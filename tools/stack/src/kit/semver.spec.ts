import { findVersion, isAtLeast } from './semver.ts';

describe('versions', () => {
  it.each([
    ['postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', [15, 18, 0]],
    ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc', [7, 0, 15]],
    ['nats-server: v2.15.2', [2, 15, 2]],
    ['go1.26.8', [1, 26, 8]],
  ])('are found in %s', (text, version) => expect(findVersion(text)).toEqual(version));

  it('are absent where there is none', () => expect(findVersion('unknown')).toBeUndefined());

  it('are compared number by number', () => {
    expect(isAtLeast([15, 18, 0], [18])).toBe(false);
    expect(isAtLeast([18, 0, 0], [18])).toBe(true);
    expect(isAtLeast([2, 9, 0], [2, 12])).toBe(false);
    expect(isAtLeast([2, 12], [2, 12, 0])).toBe(true);
  });
});
