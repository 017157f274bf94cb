import { growthOf, shortfalls } from './verdict';

describe('what does not hold', () => {
  it('sees a leak behind the noise of a collector', () => {
    expect(growthOf([400, 520, 560, 590, 570, 600, 580, 570, 600])).toBeLessThan(0.05);
    expect(shortfalls({ soak: { runs: 20_000, residentMiB: [400, 500, 560, 600, 640, 700, 740, 800, 860], heapMiB: [] } })).toEqual([
      "the worker's memory grew by 25 % in the second half of 20000 runs",
    ]);
  });

  it('judges the heap of waiting runs by ours only', () => {
    const plain = { name: 'plain-temporal', runs: 1_000, heapKibPerRun: 200, memoryKibPerRun: 500 };
    expect(shortfalls({ waiting: [{ name: 'holdfast', runs: 1_000, heapKibPerRun: 60, memoryKibPerRun: 200 }, plain] })).toEqual([]);
    expect(shortfalls({ waiting: [{ name: 'holdfast', runs: 1_000, heapKibPerRun: 90.4, memoryKibPerRun: 200 }, plain] })).toEqual(["a waiting run holds 90 KiB of the worker's heap, more than 80"]);
  });
});
