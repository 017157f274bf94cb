import fc from 'fast-check';
import { median, quantile } from './statistics';

it('takes the nearest rank', () => {
  const figures = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([quantile(figures, 0.5), quantile(figures, 0.95), quantile(figures, 0.99), quantile(figures, 1)]).toEqual([50, 95, 99, 100]);
  expect(quantile([7], 0.99)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});

it('finds the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

it('gives a figure that was measured, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (figures, q) => {
      expect(figures).toContain(quantile(figures, q));
      expect(quantile([...figures].reverse(), q)).toBe(quantile(figures, q));
    }),
  );
});
