import { workerSizes } from './worker-sizes';

const GIB = 1024 ** 3;

describe('sizes of the worker', () => {
  it('cache as many workflows as the heap can hold, within bounds', () => {
    expect(workerSizes(GIB).maxCachedWorkflows).toBe(1_677);
    expect(workerSizes(0.02 * GIB).maxCachedWorkflows).toBe(200);
    expect(workerSizes(64 * GIB).maxCachedWorkflows).toBe(3_000);
  });
});
