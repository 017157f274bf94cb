import { mapBounded } from './map-bounded';

describe('work on many items', () => {
  it('is bounded and keeps the order', async () => {
    let open = 0;
    let most = 0;
    const items = Array.from({ length: 100 }, (_, n) => n);
    const results = await mapBounded(items, async (n) => {
      most = Math.max(most, (open += 1));
      await new Promise((done) => setTimeout(done, 1));
      open -= 1;
      return n * 2;
    });
    expect(results).toEqual(items.map((n) => n * 2));
    expect(most).toBe(16);
  });

  it('tries all and then tells the first failure', async () => {
    const tried: number[] = [];
    const work = (n: number): Promise<number> => (tried.push(n), n % 2 === 0 ? Promise.resolve(n) : Promise.reject(new Error(`failed at ${n}`)));
    await expect(mapBounded([0, 1, 2, 3], work)).rejects.toThrow('failed at 1');
    expect(tried).toEqual([0, 1, 2, 3]);
  });
});
