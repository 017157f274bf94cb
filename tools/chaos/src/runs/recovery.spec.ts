import { recoveryOf } from './recovery';
import type { JournalRecord } from './records';

const rows = (runId: string, ...times: number[]): JournalRecord[] =>
  times.map((time, i) => ({ run_id: runId, seq: i + 1, type: 'run.step-completed.v1', time: new Date(time), published: true, call_id: null }));

describe('recoveryOf', () => {
  it('is the time from a kill to the next row of each run under way', () => {
    const journal = [...rows('a', 0, 100, 900), ...rows('b', 50, 150)];
    expect(recoveryOf([{ victim: 'worker', at: 120 }], journal)).toEqual({ samples: 2, p50: 780, p99: 780, max: 780 });
  });

  it('leaves out runs that began later or were over', () => {
    expect(recoveryOf([{ victim: 'worker', at: 500 }], [...rows('a', 0, 400), ...rows('b', 600, 700)])).toMatchObject({ samples: 0, p99: 0 });
  });
});
