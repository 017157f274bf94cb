import { growthOf, shortfalls } from './verdict';

describe('what does not hold', () => {
  it('sees a leak behind the noise of a collector', () => {
    expect(growthOf([400, 520, 560, 590, 570, 600, 580, 570, 600])).toBeLessThan(0.05);
    expect(shortfalls({ soak: { runs: 20_000, residentMiB: [400, 500, 560, 600, 640, 700, 740, 800, 860] } })).toEqual([
      "the worker's memory grew by 25 % in the second half of 20000 runs",
    ]);
  });

  it('judges the memory of waiting runs by ours only', () => {
    const plain = { name: 'plain-temporal', runs: 1_000, memoryKibPerRun: 200 };
    expect(shortfalls({ waiting: [{ name: 'holdfast', runs: 1_000, memoryKibPerRun: 60 }, plain] })).toEqual([]);
    expect(shortfalls({ waiting: [{ name: 'holdfast', runs: 1_000, memoryKibPerRun: 90.4 }, plain] })).toEqual(['a waiting run holds 90 KiB of the worker, more than 80']);
  });
});
