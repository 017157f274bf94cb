import type { DrivenRun } from './driver';
import type { PlannedRun } from './mix';
import type { WaitRecord } from './records';
import { stopFaults } from './stops';

const run = (more: Partial<PlannedRun>, status = 'success'): DrivenRun => ({
  plan: { index: 0, graphId: 'effects', input: {}, keys: [], stop: 'time', leftWaiting: false, ...more },
  threadId: 't',
  runIds: ['first', 'second'],
  last: { run_id: 'second', thread_id: 't', status, error: null },
});
const wait = (more: Partial<WaitRecord> = {}): WaitRecord => ({
  thread_id: 't', run_id: 'first', kind: 'wait', status: 'over', outcome: 'elapsed', resume_run_id: 'second', wake_at: new Date(4_000), ended_at: new Date(5_000), ...more,
});
const faultsOf = (one: DrivenRun, waits: readonly WaitRecord[], receipts: readonly string[], asking: readonly string[] = []): string[] =>
  stopFaults({ over: [one], waits, runs: [], results: new Map([['t', { receipts }]]), asking: new Set(asking) });

describe('stopFaults', () => {
  it.each<[string, Partial<PlannedRun>, WaitRecord[], string]>([
    ['a time', { stop: 'time' }, [wait()], 'the wait ended: elapsed'],
    ['an event', { stop: 'event' }, [wait({ outcome: 'event' })], 'the wait ended: event'],
    ['an approval', { stop: 'approval', decision: 'edit' }, [wait({ kind: 'approval', status: 'approved', outcome: 'decision', wake_at: null })], 'people decided: edited'],
    ['a person', { stop: 'person' }, [], 'a person said go on'],
  ])('finds nothing when %s ended as planned', (_, plan, waits, note) => {
    expect(faultsOf(run(plan), waits, ['read a: call 1', note])).toEqual([]);
  });

  it.each<[string, DrivenRun, WaitRecord[], string[], RegExp]>([
    ['another decision', run({ stop: 'approval', decision: 'reject' }), [wait({ kind: 'approval', outcome: 'decision' })], ['people decided: approved'], /^stopped otherwise than planned/],
    ['a wait that a client ended', run({}), [wait({ outcome: 'resumed' })], ['the wait ended: elapsed'], /^not one end of a wait/],
    ['two waits', run({}), [wait(), wait()], ['the wait ended: elapsed'], /^not one end of a wait/],
    ['a wait whose end made another run', run({}), [wait({ resume_run_id: 'other' })], ['the wait ended: elapsed'], /^not one end of a wait/],
    ['one that was woken early', run({}), [wait({ ended_at: new Date(3_999) })], ['the wait ended: elapsed'], /^woken before its time/],
    ['a wait that nobody planned', run({ stop: 'nothing' }), [wait()], [], /^waits that nobody planned/],
    ['an approval left waiting that was decided', run({ stop: 'approval', leftWaiting: true }, 'interrupted'), [wait({ kind: 'approval', status: 'approved' })], [], /^not provably waiting/],
  ])('names %s', (_, one, waits, receipts, fault) => {
    expect(faultsOf(one, waits, receipts, ['t'])[0]).toMatch(fault);
  });

  it('takes a run as waiting only when its thread shows the question', () => {
    const left = run({ stop: 'person', leftWaiting: true }, 'interrupted');
    expect(faultsOf(left, [], [], ['t'])).toEqual([]);
    expect(faultsOf(left, [], [])[0]).toMatch(/^not provably waiting/);
  });
});
