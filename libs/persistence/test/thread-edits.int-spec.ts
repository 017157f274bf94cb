import { RunJournal, RunsRepository, ThreadEditsRepository, ThreadRunsRepository, type RunPlace, type TenantScope } from '../src/index';
import { aCheckpoint, aRun, aTenant, Fixture } from './support';

const db = new Fixture();
const runs = new RunsRepository(db.gateway);
const journal = new RunJournal(db.worker);
const edits = new ThreadEditsRepository(db.gateway);
const threadRuns = new ThreadRunsRepository(db.gateway);
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

/** A run that ends at once with a state. @returns its place */
async function finishedRun(threadId: string, step: number): Promise<RunPlace> {
  const run = aRun({ threadId });
  await runs.createRun(scope, run);
  const ref = { ...scope, threadId, runId: run.runId };
  await journal.beginRun(scope, { ...ref, workflowId: 'w', workflowRunId: 'x', buildId: 'b' });
  await journal.commitProgress(scope, { ...ref, commit: 1, events: [], checkpoints: [aCheckpoint(step)], end: { status: 'success', steps: 1 } });
  return (await threadRuns.placeOf(scope, ref))!;
}

async function edit(threadId: string, step: number): Promise<string> {
  const checkpoint = aCheckpoint(step, { source: 'update' });
  await journal.commitEdit(scope, { threadId, commandId: `edit-${step}`, checkpoint });
  return checkpoint.checkpointId;
}

it('gives the edits of a thread between its runs', async () => {
  const { threadId } = aRun();
  const first = await finishedRun(threadId, 1);
  const one = await edit(threadId, 2);
  const second = await finishedRun(threadId, 3);
  const two = await edit(threadId, 4);
  const next = (after: RunPlace | null, before: RunPlace | null) => edits.next(scope, { threadId, after, before });
  expect(await next(null, first)).toBeNull();
  expect(await next(first, second)).toMatchObject({ checkpointId: one });
  expect(await next((await edits.get(scope, { threadId, checkpointId: one }))!.place, second)).toBeNull();
  expect(await next(second, null)).toMatchObject({ checkpointId: two });
  expect(await edits.last(scope, { threadId, after: null })).toMatchObject({ checkpointId: two });
  const { place } = (await edits.last(scope, { threadId, after: second }))!;
  expect(await edits.last(scope, { threadId, after: place })).toBeNull();
  expect(await threadRuns.next(scope, { threadId, after: place })).toBeNull();
});

it('takes no other state for an edit, and shows none of another tenant', async () => {
  const { threadId } = aRun();
  await finishedRun(threadId, 1);
  expect(await edits.last(scope, { threadId, after: null })).toBeNull();
  const checkpointId = await edit(threadId, 2);
  const { scope: other } = await aTenant();
  expect(await edits.get(other, { threadId, checkpointId })).toBeNull();
  expect(await edits.get(scope, { threadId, checkpointId })).not.toBeNull();
});
