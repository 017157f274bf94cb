import { printOverview } from './overview';

describe('the overview', () => {
  it('is a table, and the runs that are stuck', () => {
    const line = { status: 'current', share: 75, workers: 1, open: 3, stuck: 0, note: '' } as const;
    const text = printOverview({
      builds: [
        { ...line, buildId: 'a'.repeat(64) },
        { ...line, buildId: 'b'.repeat(64), status: 'draining', share: 0, workers: 0, stuck: 3, note: 'no worker' },
      ],
      stuck: [{ execution: { workflowId: 't/x/th/y', runId: 'r', startedAt: new Date(0) }, why: 'its build has no worker' }],
    });
    expect(text.split('\n')).toEqual([
      'build         status    new runs  workers  open  stuck',
      'aaaaaaaaaaaa  current   75 %      1        3     0',
      'bbbbbbbbbbbb  draining  0 %       0        3     3      no worker',
      '',
      'Stuck:',
      '  t/x/th/y: its build has no worker',
    ]);
    expect(printOverview({ builds: [], stuck: [] })).toContain('No worker');
  });
});
