import { latencyOf, outcomesOf, recoveryOf, resultOf, sumCounts } from './counts';
import { GOOD_OUTCOMES, LATENCIES, LEFT_OUT_OUTCOMES, OBJECTIVES, SLO_DEFINITION } from './definition';

/** A row of a histogram: counts by upper bound, in the order of the bounds. */
function histogram(indicator: 'start' | 'first_token' | 'step', byBound: Readonly<Record<number, number>>, above: number, sumMs: number) {
  return { indicator, counts: [...SLO_DEFINITION[indicator].map((bound) => byBound[bound] ?? 0), above, sumMs] };
}
const runs = (byOutcome: Readonly<Record<string, number>>) => ({ indicator: 'run', counts: SLO_DEFINITION.outcomes.map((outcome) => byOutcome[outcome] ?? 0) });
const objective = (indicator: string) => OBJECTIVES.find((each) => each.indicator === indicator)!;

describe('counts of service levels', () => {
  it('are summed place by place, per indicator', () => {
    const sums = sumCounts([{ indicator: 'recovery', counts: [2, 1] }, { indicator: 'recovery', counts: [3, 3] }, { indicator: 'run', counts: [1] }]);
    expect([...sums]).toEqual([['recovery', [5, 4]], ['run', [1]]]);
    expect(recoveryOf(sums)).toEqual({ met: 5, recovered: 4 });
  });

  it('give percentiles by place within the bucket, the last bound for what is above it, and nothing for nothing', () => {
    const counts = sumCounts([histogram('start', { 100: 50, 250: 45 }, 5, 400_000)]);
    expect(latencyOf(counts, 'start')).toEqual({ count: 100, mean_ms: 4_000, p50_ms: 100, p95_ms: 250, p99_ms: 300_000 });
    expect(latencyOf(sumCounts([histogram('step', { 100: 4 }, 0, 300)]), 'step')).toMatchObject({ p50_ms: 75, p99_ms: 100 });
    expect(latencyOf(counts, 'step')).toBeUndefined();
    expect(latencyOf(sumCounts([histogram('start', {}, 0, 0)]), 'start')).toBeUndefined();
  });

  it('give success over what is ours to answer for', () => {
    const counts = sumCounts([runs({ completed: 6, interrupted: 1, cancelled: 5, failed_user: 4, failed_policy: 3, failed_model: 1, failed_defect: 2 })]);
    expect(resultOf(counts, objective('success'))).toEqual({ good: 7, total: 10 });
    expect(outcomesOf(counts)).toMatchObject({ completed: 6, failed_user: 4, failed_tool: 0 });
    for (const outcome of GOOD_OUTCOMES) expect(LEFT_OUT_OUTCOMES.has(outcome)).toBe(false);
  });

  it('give what took no longer than the threshold, the bound included', () => {
    const counts = sumCounts([histogram('start', { 5_000: 7, 10_000: 2 }, 1, 0)]);
    expect(resultOf(counts, objective('start'))).toEqual({ good: 7, total: 10 });
  });

  it('have thresholds that are bounds, and targets that leave a budget which can burn at 14.4 times its pace', () => {
    for (const { indicator, target, thresholdMs } of OBJECTIVES) {
      expect((1 - target) * 14.4).toBeLessThan(1);
      if (thresholdMs !== undefined) expect(SLO_DEFINITION[indicator as 'start']).toContain(thresholdMs);
    }
  });

  it('have bounds that ascend', () => {
    for (const latency of LATENCIES) expect([...SLO_DEFINITION[latency]].sort((a, b) => a - b)).toEqual([...SLO_DEFINITION[latency]]);
  });
});
