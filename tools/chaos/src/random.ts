/** Numbers in [0, 1) that are the same for the same seed: mulberry32 (T. Ettinger, 2017, public domain). */
export type Random = () => number;

/** @param seed an unsigned 32-bit integer */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of the items, each as likely as its weight says. */
export function pick<T extends { readonly weight: number }>(random: Random, items: readonly T[]): T {
  let place = random() * items.reduce((sum, { weight }) => sum + weight, 0);
  for (const item of items) {
    place -= item.weight;
    if (place < 0) return item;
  }
  return items.at(-1)!;
}
