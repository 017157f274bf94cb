import { LatestRead } from './latest-read';

it('loads once for all who ask within its time, failures too, and anew afterwards', async () => {
  let [now, loads] = [0, 0];
  const read = new LatestRead({
    load: async () => {
      loads += 1;
      if (loads === 2) throw new Error('away');
      return loads;
    },
    keepMs: 100,
    now: () => now,
  });
  expect(await Promise.all([read.get(), read.get()])).toEqual([1, 1]);
  now = 99;
  expect(await read.get()).toBe(1);
  now = 100;
  await expect(read.get()).rejects.toThrow('away');
  await expect(read.get()).rejects.toThrow('away');
  now = 200;
  expect(await read.get()).toBe(3);
});
