import type { JournalRow } from '@holdfast/contracts/events';
import { NO_OUTCOME, foldOutcome } from './run-outcome';

function rows(...events: [JournalRow['type'], unknown][]): JournalRow[] {
  return events.map(([type, data], i) => ({ tenantId: 't', runId: 'r', threadId: 'th', seq: i + 1, type, time: new Date(0), traceparent: null, data }));
}
const step = (checkpointId: string | null, frames: unknown[]): [JournalRow['type'], unknown] => ['run.step-completed.v1', { step: 0, checkpoint_id: checkpointId, parent_checkpoint_id: null, frames }];

describe('the outcome of a run', () => {
  it('is its last state', () => {
    const values = (id: string, ns: string[] = []): unknown => ({ ns, mode: 'values', data: { checkpoint_id: id } });
    expect(rows(step('c1', [values('c1')]), step(null, []), step('c2', [values('c2'), values('inner', ['sub'])]), ['run.completed.v1', { steps: 2 }]).reduce(foldOutcome, NO_OUTCOME)).toEqual({
      checkpointId: 'c2',
      interrupts: null,
      error: null,
    });
  });

  it('is its questions, also when there is none (interrupt_before)', () => {
    const interrupts = { t1: [{ id: 'i', value: 'ok?' }], t2: [{ id: 'j', value: 'sure?' }] };
    expect(rows(step('c1', []), ['run.interrupted.v1', { interrupts }]).reduce(foldOutcome, NO_OUTCOME)).toEqual({ checkpointId: 'c1', interrupts: [...interrupts.t1, ...interrupts.t2], error: null });
    expect(rows(['run.interrupted.v1', { interrupts: {} }]).reduce(foldOutcome, NO_OUTCOME).interrupts).toEqual([]);
  });

  it('is its failure', () => {
    expect(rows(['run.failed.v1', { error: { code: 'GRAPH_FAILED', message: 'boom', kind: 'user' } }]).reduce(foldOutcome, NO_OUTCOME).error).toEqual({ error: 'GRAPH_FAILED', message: 'boom' });
  });
});
