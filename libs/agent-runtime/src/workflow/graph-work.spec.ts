import { GraphWork } from './graph-work';

/** A superstep of one node. */
function step(work: GraphWork, bytes = 0): void {
  for (let chunk = 0; chunk < 4; chunk += 1) work.add();
  work.add(bytes);
}

describe('GraphWork', () => {
  it('holds 500 supersteps in an execution and 100 in a row', () => {
    const work = new GraphWork();
    for (let done = 1; done <= 500; done += 1) {
      expect([work.isMuch, work.isRowLong]).toEqual([false, false]);
      step(work);
      if (done % 100 !== 0) continue;
      expect(work.isRowLong).toBe(true);
      work.endRow();
    }
    expect(work.isMuch).toBe(true);
  });

  it('holds fewer of large states', () => {
    const work = new GraphWork();
    step(work, 8_000_000);
    expect([work.isMuch, work.isRowLong]).toEqual([false, false]);
    step(work, 1_000_000);
    expect(work.isRowLong).toBe(true);
  });
});
