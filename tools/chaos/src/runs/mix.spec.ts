import { seeded } from '../random';
import { planRuns } from './mix';

describe('planRuns', () => {
  it('is the same for the same seed, and another for another', () => {
    const plan = (seed: number): string => JSON.stringify(planRuns(200, 'n', seeded(seed)));
    expect(plan(7)).toBe(plan(7));
    expect(plan(7)).not.toBe(plan(8));
  });

  it('gives every counted call a key of its own, and every effect class its share', () => {
    const keys = planRuns(500, 'n', seeded(1)).flatMap((run) => run.keys);
    expect(new Set(keys).size).toBe(keys.length);
    for (const effect of ['read', 'idempotent', 'compensatable', 'irreversible']) expect(keys.filter((key) => key.startsWith(`${effect}/`)).length).toBeGreaterThan(100);
  });

  it('calls nothing behind a rejection, and what was edited behind an edit', () => {
    const decided = planRuns(500, 'n', seeded(1)).filter(({ decision }) => decision !== undefined);
    expect(new Set(decided.map(({ decision }) => decision))).toEqual(new Set(['approve', 'edit', 'reject']));
    for (const { input, keys, decision } of decided) {
      const last = Number(input['rounds']) - 1;
      const ofLast = keys.filter((key) => key.includes(`/${last}.`));
      expect(ofLast).toHaveLength(decision === 'reject' ? 0 : Number(input['fan']));
      expect(keys.filter((key) => key.includes('-edited/'))).toEqual(decision === 'edit' ? ofLast : []);
    }
  });

  it('leaves some runs waiting, and expects nothing of them behind their question', () => {
    const waiting = planRuns(500, 'n', seeded(1)).filter((run) => run.leftWaiting);
    expect(waiting.length).toBeGreaterThan(0);
    for (const { input, keys } of waiting) expect(keys).toHaveLength((Number(input['rounds']) - 1) * Number(input['fan']));
  });
});
