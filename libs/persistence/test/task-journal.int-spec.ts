import { RunJournal, RunsRepository, TaskJournal, ThreadsRepository, type RunRef, type TenantScope } from '../src/index';
import { aCommit, aRun, asOwner, aTenant, Fixture } from './support';

const db = new Fixture();
const runs = new RunsRepository(db.gateway);
const threads = new ThreadsRepository(db.gateway);
const journal = new RunJournal(db.worker);
const tasks = new TaskJournal(db.worker);
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

async function started(): Promise<RunRef> {
  const input = aRun();
  await runs.createRun(scope, input);
  const ref = { tenantId: scope.tenantId, threadId: input.threadId, runId: input.runId };
  await journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w1', buildId: 'build' });
  return ref;
}

const steps = (...notes: string[]) => [
  {
    type: 'run.step-completed.v1' as const,
    data: { step: 1, checkpoint_id: null, parent_checkpoint_id: null, frames: notes.map((note) => ({ ns: ['a:1', 'b:2'], mode: 'custom' as const, data: { note } })) },
  },
];
const task = (ref: RunRef, commit: number, events = steps(`${commit}`), taskId = 't-0') => tasks.commitTask(scope, { ...ref, taskId, commit, events });

async function notes(runId: string): Promise<string[]> {
  const page = await journal.readEvents(scope, { runId, afterSeq: 0 });
  expect(page?.events.map(({ seq }) => seq)).toEqual(page?.events.map((_, i) => i + 1));
  return (page?.events ?? []).flatMap(({ type, data }) =>
    type === 'run.step-completed.v1' ? (data as ReturnType<typeof steps>[0]['data']).frames.map((frame) => String((frame.data as { note?: string }).note)) : [],
  );
}

describe('commitTask', () => {
  it('appends to the journal of the run, between the commits of its workflow', async () => {
    const ref = await started();
    expect(await task(ref, 1)).toEqual({ kind: 'committed', notice: { runId: ref.runId, seq: 3, status: 'running' } });
    await journal.commitProgress(scope, aCommit(ref, 1));
    await Promise.all([2, 3].map((commit) => task(ref, commit, steps(`a${commit}`), 'a')).concat(task(ref, 1, steps('b'), 'b')));
    expect((await notes(ref.runId)).filter((note) => note !== 'undefined').sort()).toEqual(['1', 'a2', 'a3', 'b']);
  });

  it('adds to a repeat what is not there yet, also when it comes in other commits', async () => {
    const ref = await started();
    await task(ref, 1, steps('one', 'two'));
    await task(ref, 2, steps('three'));
    expect(await task(ref, 1, steps('one', 'two'))).toEqual({ kind: 'duplicate', notice: null });
    expect(await task(ref, 1, steps('one'))).toMatchObject({ kind: 'duplicate' });
    expect(await task(ref, 2, steps('two', 'three', 'four'))).toMatchObject({ kind: 'committed' });
    expect(await task(ref, 2, steps('four'))).toMatchObject({ kind: 'duplicate' });
    expect(await notes(ref.runId)).toEqual(['one', 'two', 'three', 'four']);
  });

  it('loses nothing when many write at once, repeats among them', async () => {
    const ref = await started();
    await task(ref, 1, steps('0'));
    const all = Array.from({ length: 8 }, (_, i) => task(ref, 1, steps('0', `x${i}`), 't-0'));
    await Promise.all(all);
    expect((await notes(ref.runId)).sort()).toEqual(['0', ...Array.from({ length: 8 }, (_, i) => `x${i}`)]);
  });

  it('is refused when the run is over or another tenant’s, and forgotten with the run', async () => {
    const ref = await started();
    await task(ref, 1);
    const { scope: stranger } = await aTenant();
    expect(await tasks.commitTask(stranger, { ...ref, taskId: 't-0', commit: 2, events: steps('x') })).toEqual({ kind: 'terminal', notice: null });
    await journal.commitProgress(scope, { ...aCommit(ref, 1), end: { status: 'success', steps: 1 } });
    expect(await task(ref, 2)).toEqual({ kind: 'terminal', notice: null });
    const stored = () =>
      asOwner(async (owner) => {
        await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [scope.tenantId]);
        return owner.query('SELECT FROM executions.task_commits WHERE run_id = $1', [ref.runId]);
      });
    expect((await stored()).rowCount).toBe(1);
    await threads.delete(scope, ref.threadId);
    expect((await stored()).rowCount).toBe(0);
  });
});
