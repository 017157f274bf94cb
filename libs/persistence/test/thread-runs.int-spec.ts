import { RunJournal, RunsRepository, ThreadRunsRepository, type TenantScope } from '../src/index';
import { aRun, aTenant, Fixture } from './support';

const db = new Fixture();
const runs = new RunsRepository(db.gateway);
const journal = new RunJournal(db.worker);
const threadRuns = new ThreadRunsRepository(db.gateway);
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

/** Makes runs on one thread. */
async function make(delays: readonly number[]): Promise<{ threadId: string; ids: string[] }> {
  const { threadId } = aRun();
  const made = delays.map((afterSeconds) => aRun({ threadId, afterSeconds }));
  for (const run of made) await runs.createRun(scope, run);
  return { threadId, ids: made.map(({ runId }) => runId) };
}

async function finish(threadId: string, runId: string): Promise<void> {
  const ref = { ...scope, threadId, runId };
  await journal.beginRun(scope, { ...ref, workflowId: 'w', workflowRunId: 'x', buildId: 'b' });
  await journal.commitProgress(scope, { ...ref, commit: 1, events: [], checkpoints: [], end: { status: 'success', steps: 0 } });
}

/** The runs behind a place, one after the other. */
async function walk(threadId: string, after: Parameters<typeof threadRuns.next>[1]['after'] = null): Promise<string[]> {
  const seen: string[] = [];
  for (let place = after; ; ) {
    const next = await threadRuns.next(scope, { threadId, after: place });
    if (next === null || next === 'thread-gone') return seen;
    seen.push(next.run.run_id);
    place = next.place;
  }
}

it('gives a thread’s runs in the order in which they begin, and none that is not due', async () => {
  const { threadId, ids } = await make([0.3, 0, 60, 0]);
  expect(await walk(threadId)).toEqual([ids[1], ids[3]]);
  await new Promise((done) => setTimeout(done, 400));
  expect(await walk(threadId)).toEqual([ids[1], ids[3], ids[0]]);
  expect(await walk(threadId, await threadRuns.placeOf(scope, { threadId, runId: ids[1]! }))).toEqual([ids[3], ids[0]]);
});

it('goes on behind the place of a run that is gone', async () => {
  const { threadId, ids } = await make([0, 0]);
  const place = await threadRuns.placeOf(scope, { threadId, runId: ids[0]! });
  await finish(threadId, ids[0]!);
  await runs.delete(scope, { threadId, runId: ids[0]! });
  expect(await threadRuns.placeOf(scope, { threadId, runId: ids[0]! })).toBeNull();
  expect(await walk(threadId, place)).toEqual([ids[1]]);
});

it('knows the last run that ended before all that have not', async () => {
  const { threadId, ids } = await make([0, 0, 0]);
  expect(await threadRuns.lastEnded(scope, threadId)).toBeNull();
  await finish(threadId, ids[0]!);
  // Cancelled before its turn: the one before it is still to be shown.
  await runs.cancelPending(scope, { threadId, runId: ids[2]!, reason: 'x' });
  expect(await walk(threadId, await threadRuns.lastEnded(scope, threadId))).toEqual([ids[1], ids[2]]);
  await finish(threadId, ids[1]!);
  expect(await walk(threadId, await threadRuns.lastEnded(scope, threadId))).toEqual([]);
});

it('shows nothing of another tenant’s thread', async () => {
  const { threadId, ids } = await make([0]);
  const { scope: other } = await aTenant();
  expect(await threadRuns.next(other, { threadId, after: null })).toBe('thread-gone');
  expect(await threadRuns.placeOf(other, { threadId, runId: ids[0]! })).toBeNull();
  expect(await threadRuns.lastEnded(other, threadId)).toBeNull();
});
