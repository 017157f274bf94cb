import { recoveryOf } from './recovery';
import type { JournalRecord } from './records';

const rows = (runId: string, times: number[], end?: number): JournalRecord[] => {
  const row = (type: string, time: number, i: number): JournalRecord => ({ run_id: runId, seq: i + 1, type, time: new Date(time), published: true, call_id: null });
  const steps = times.map((time, i) => row('run.step-completed.v1', time, i));
  return end === undefined ? steps : [...steps, row('run.completed.v1', end, steps.length)];
};

describe('recoveryOf', () => {
  it('is the time from a kill to the next row of each run under way', () => {
    const journal = [...rows('a', [0, 100], 900), ...rows('b', [50], 150)];
    expect(recoveryOf([{ victim: 'worker', at: 120 }], journal, 1_000)).toEqual({ samples: 2, silent: 0, p50: 780, p99: 780, max: 780 });
  });

  it('leaves out runs that began later or were over', () => {
    expect(recoveryOf([{ victim: 'worker', at: 500 }], [...rows('a', [0], 400), ...rows('b', [600], 700)], 1_000)).toMatchObject({ samples: 0, p99: 0 });
  });

  it('counts a run that never wrote again to the end of the measure, and says so', () => {
    const kills = [100, 700].map((at) => ({ victim: 'worker', at }));
    expect(recoveryOf(kills, rows('a', [0, 200]), 1_000)).toEqual({ samples: 2, silent: 1, p50: 300, p99: 300, max: 300 });
  });
});
