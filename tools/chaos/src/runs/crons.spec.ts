import { type CronFindings, cronFaults } from './crons';

const at = (seconds: number): Date => new Date(seconds * 1_000);
const moment = (seconds: number, runId: string | null = `r${seconds}`, outcome: string | null = 'run') => ({ cron_id: 'c', scheduled_at: at(seconds), outcome, run_id: runId });
const made = (seconds: number, runId = `r${seconds}`) => ({ run_id: runId, thread_id: 't', status: 'success', error: null, cron_id: 'c', cron_moment: at(seconds), created_at: at(seconds) });
const faultsOf = (moments: CronFindings['moments'], runs: CronFindings['runs']): string[] => cronFaults({ crons: [{ cronId: 'c', first: at(10), last: at(20) }], moments, runs });

describe('cronFaults', () => {
  it('finds nothing when each moment made one run, one behind the last among them', () => {
    expect(faultsOf([moment(10), moment(20), moment(30)], [made(10), made(20), made(30)])).toEqual([]);
  });

  it.each<[string, CronFindings['moments'], CronFindings['runs'], RegExp]>([
    ['a moment that was left out', [moment(20)], [made(20)], /^lost moment: cron c at 1970-01-01T00:00:10/],
    ['a moment with two runs', [moment(10), moment(20)], [made(10), made(20), made(20, 'again')], /^moment without its one run.*2 runs$/],
    ['a moment whose run is not there', [moment(10), moment(20)], [made(10)], /^moment without its one run.*0 runs$/],
    ['a moment that was not settled', [moment(10), moment(20, null, null)], [made(10)], /^moment without its one run.*null/],
    ['a run between the moments', [moment(10), moment(20)], [made(10), made(15), made(20)], /^run of no moment/],
  ])('names %s', (_, moments, runs, fault) => {
    expect(faultsOf(moments, runs)[0]).toMatch(fault);
  });
});
