import { type RehearsedRun, conclude, printRehearsal } from './conclusion';

const BUILD = '0123456789abcdef';
const followed: RehearsedRun = { workflowId: 'thread/a', runId: 'r1', isOpen: true };
const deviating: RehearsedRun = { workflowId: 'thread/b', runId: 'r2', isOpen: false, problem: 'another activity' };

describe('a rehearsal', () => {
  it('passes when every history is followed', () => {
    const rehearsal = conclude(BUILD, [followed, followed], 0);
    expect(rehearsal.isPassed).toBe(true);
    expect(printRehearsal(rehearsal)).toBe('✓ build 0123456789ab: 2 of 2 histories are followed');
  });

  it('passes when some are left out, and says so', () => {
    const rehearsal = conclude(BUILD, [followed], 3);
    expect(rehearsal.isPassed).toBe(true);
    expect(printRehearsal(rehearsal)).toBe('✓ build 0123456789ab: 1 of 1 histories are followed, 3 left out: they keep payloads in PostgreSQL');
  });

  it('fails with each run that is not followed', () => {
    const rehearsal = conclude(BUILD, [followed, deviating], 0);
    expect(rehearsal.isPassed).toBe(false);
    expect(printRehearsal(rehearsal)).toBe('✗ build 0123456789ab: 1 of 2 histories are followed\n  thread/b (closed): another activity');
  });

  it('fails when all are left out: nothing was rehearsed', () => {
    const rehearsal = conclude(BUILD, [], 4);
    expect(rehearsal.isPassed).toBe(false);
    expect(printRehearsal(rehearsal)).toBe(
      '✗ build 0123456789ab: nothing was rehearsed: all 4 sampled histories keep payloads in PostgreSQL; --runs N takes a larger sample',
    );
  });

  it('passes where no run was made yet, and says so', () => {
    const rehearsal = conclude(BUILD, [], 0);
    expect(rehearsal.isPassed).toBe(true);
    expect(printRehearsal(rehearsal)).toBe('✓ build 0123456789ab: nothing to rehearse: there is no history yet');
  });
});
