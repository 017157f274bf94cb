import type { JournalRow } from '@holdfast/contracts/events';
import type { CheckpointsRepository } from '@holdfast/persistence';
import type { Hydrator } from './hydrator';
import type { RunFollower } from './run-follower';
import { RunResultService } from './run-result.service';

const ctx = { tenantId: 't', principalId: 'p', roles: [], requestId: 'r' };
const run = { run_id: 'run', thread_id: 'thread' };
const never = new AbortController().signal;

function row(type: JournalRow['type'], data: unknown): JournalRow {
  return { tenantId: 't', runId: 'run', threadId: 'thread', seq: 1, type, time: new Date(0), traceparent: null, data };
}
const cancelled = row('run.cancelled.v1', { reason: 'enough' });
const step = row('run.step-completed.v1', { step: 0, checkpoint_id: 'of-the-run', parent_checkpoint_id: null, frames: [] });

/** @param stored values by checkpoint id, the newest last */
function resultOf(rows: JournalRow[], stored: Record<string, Record<string, unknown>>): Promise<unknown> {
  const follower = {
    async *follow() {
      for (const each of rows) yield { kind: 'row', row: each };
    },
  } as unknown as RunFollower;
  const get = (_: unknown, { checkpointId }: { checkpointId?: string }): Promise<unknown> => {
    const values = stored[checkpointId ?? Object.keys(stored).at(-1) ?? ''];
    return Promise.resolve(values === undefined ? null : { values });
  };
  const hydrator = { hydrate: (_: unknown, value: unknown) => Promise.resolve(value) } as unknown as Hydrator;
  return new RunResultService(follower, { get } as unknown as CheckpointsRepository, hydrator).result(ctx, run, never);
}

describe('the result of a run', () => {
  it('is what the run left last', async () => {
    expect(await resultOf([step, row('run.completed.v1', { steps: 1 })], { 'of-the-run': { n: 1 }, later: { n: 2 } })).toEqual({ n: 1 });
  });

  // The SDK (1.15.0, runs.wait) looks for a key in it: null would make it throw.
  it.each([
    ['was cancelled before it began, on a thread with state', [cancelled], { before: { n: 1 } }, { n: 1 }],
    ['was cancelled before it began, on a new thread', [cancelled], {}, {}],
    ['was rolled back', [step, cancelled], { before: { n: 1 } }, { n: 1 }],
    ['was rolled back with all the thread had', [step, cancelled], {}, {}],
  ])('is what the thread holds when the run %s', async (_, rows, stored, expected) => {
    expect(await resultOf(rows, stored as Record<string, Record<string, unknown>>)).toEqual(expected);
  });
});
