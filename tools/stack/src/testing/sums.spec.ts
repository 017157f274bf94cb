import { addSums, crashed, formatSums, NO_RESULTS, sumsOfJest, tasksOfNx } from './sums.ts';

describe('sums', () => {
  it('are added and written as the last line', () => {
    const sums = addSums({ passed: 3, failed: 0, skipped: 1, failures: [] }, crashed('the build'), NO_RESULTS);
    expect(formatSums(sums)).toBe('3 passed, 1 failed, 1 skipped');
    expect(sums.failures).toEqual(['the build']);
  });

  it('count a test file that cannot be loaded as a failure', () => {
    const report = { numTotalTests: 2, numPassedTests: 2, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, numRuntimeErrorTestSuites: 1 };
    expect(sumsOfJest(report, 'a')).toMatchObject({ passed: 2, failed: 1, skipped: 0 });
  });

  it('count pending and todo tests as skipped', () => {
    const report = { numTotalTests: 6, numPassedTests: 1, numFailedTests: 2, numPendingTests: 1, numTodoTests: 2, numRuntimeErrorTestSuites: 0 };
    expect(sumsOfJest(report, 'a')).toMatchObject({ passed: 1, failed: 2, skipped: 3 });
  });

  it('are unknown for anything but a report', () => {
    for (const value of [undefined, null, [], {}, { numPassedTests: 1 }]) expect(sumsOfJest(value, 'a')).toBeUndefined();
  });

  it('name what failed, with the first line of the reason', () => {
    const report = {
      numTotalTests: 2,
      testResults: [
        { status: 'failed', name: '/w/a.spec.ts', message: 'cannot load\nmore', assertionResults: [] },
        {
          status: 'failed',
          assertionResults: [
            { status: 'passed', fullName: 'fine' },
            { status: 'failed', fullName: 'adds up', failureMessages: ['\u001b[31m\nexpected 1\u001b[39m\n at x'] },
          ],
        },
      ],
    };
    expect(sumsOfJest(report, 'lib')?.failures).toEqual(['lib: /w/a.spec.ts: cannot load', 'lib: adds up: expected 1']);
  });
});

describe('tasksOfNx', () => {
  it('takes a task without status as failed', () => {
    const report = { tasks: [{ projectName: 'a', target: 'lint', status: 0 }, { projectName: 'b', target: 'lint', status: 1 }, { projectName: 'c', target: 'lint' }] };
    expect(tasksOfNx(report)).toEqual([
      { project: 'a', target: 'lint', isOk: true },
      { project: 'b', target: 'lint', isOk: false },
      { project: 'c', target: 'lint', isOk: false },
    ]);
    expect(tasksOfNx({})).toBeUndefined();
  });
});
