import { windowOf } from './slo-window';

const NOW = new Date('2026-11-24T06:07:00.000Z');

describe('the window of service levels', () => {
  it('is the last day in hours, begun on a border of the rollups', () => {
    expect(windowOf({}, NOW)).toEqual({ from: new Date('2026-11-23T06:05:00.000Z'), to: NOW, bucketMs: 3_600_000 });
  });

  it('is in days when it is longer than a week, and in what was asked for', () => {
    expect(windowOf({ from: '2026-11-01T00:00:00Z' }, NOW).bucketMs).toBe(86_400_000);
    const asked = windowOf({ from: '2026-11-24T05:00:00+01:00', bucket_seconds: 600 }, NOW);
    expect(asked).toMatchObject({ from: new Date('2026-11-24T04:00:00.000Z'), bucketMs: 600_000 });
  });

  it('is refused when it is empty, too long or too fine', () => {
    expect(() => windowOf({ from: NOW.toISOString() }, NOW)).toThrow('is not before the end');
    expect(() => windowOf({ from: '2026-11-24T06:06:00Z', to: '2026-11-24T06:05:30Z' }, NOW)).toThrow('is not before the end');
    expect(() => windowOf({ from: '2026-01-01T00:00:00Z' }, NOW)).toThrow('92 days');
    expect(() => windowOf({ from: '2026-11-14T00:00:00Z', bucket_seconds: 300 }, NOW)).toThrow('more than 1000 buckets');
  });
});
