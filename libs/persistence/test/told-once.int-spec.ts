import { jest } from '@jest/globals';
import fc from 'fast-check';
import type { Frame, RunEventDraft } from '@holdfast/contracts/events';
import { RunJournal, RunsRepository, TaskJournal, type CheckpointDraft, type RunRef, type TenantScope } from '../src/index';
import { aCheckpoint, aCommit, aRun, aTenant, Fixture } from './support';

const db = new Fixture();
const runs = new RunsRepository(db.gateway);
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

/** What a process of the worker writes with. One that comes after another's death knows nothing of it. */
const aProcess = () => ({ journal: new RunJournal(db.worker), tasks: new TaskJournal(db.worker) });
type Process = ReturnType<typeof aProcess>;

async function started(): Promise<RunRef> {
  const input = aRun();
  await runs.createRun(scope, input);
  const ref = { tenantId: scope.tenantId, threadId: input.threadId, runId: input.runId };
  await begin(aProcess(), ref, 'w1');
  return ref;
}

const begin = ({ journal }: Process, ref: RunRef, workflowRunId: string) =>
  journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId, buildId: 'build' });

/** What a graph brings about, in the order in which it does: an answered call, a frame, the end of a superstep. */
type Item = { readonly call: string } | { readonly frame: Frame } | { readonly ends: number };

const NS = ['node:task|graph:call'];
const call = (id: string): Item => ({ call: id });
const frame = (step: number, data: string, nth = 0): Item => ({ frame: { ns: NS, mode: 'custom', data, step, ...(nth === 0 ? {} : { nth }) } });
const called = (id: string): RunEventDraft => ({
  type: 'tool.called.v1',
  data: { call_id: id, tool_call_id: 'c', node: 'n', server: 's', tool: 't', effect: 'read', status: 'ok', duration_ms: 1, bytes: 1, arguments_sha256: '' },
});

/** A commit as the recorder makes it: frames that follow a finished superstep join its event, those of a running one make one without a checkpoint. */
function eventsOf(items: readonly Item[], checkpointIds: readonly string[] = []): RunEventDraft[] {
  const events: RunEventDraft[] = [];
  const step = (number: number, checkpointId: string | null): void => {
    events.push({ type: 'run.step-completed.v1', data: { step: number, checkpoint_id: checkpointId, parent_checkpoint_id: null, frames } });
  };
  let frames: Frame[] = [];
  let last: Frame[] | undefined;
  for (const item of items) {
    if ('call' in item) events.push(called(item.call));
    else if ('frame' in item) frames.push(item.frame);
    else {
      last = frames;
      step(item.ends, checkpointIds[item.ends] ?? null);
      frames = [];
    }
  }
  if (last !== undefined) last.push(...frames);
  else if (frames.length > 0) step(frames[0]!.step ?? 1, null);
  return events;
}

/** Calls, frames with their superstep and checkpoints that the journal tells of. */
async function toldOf({ runId }: RunRef): Promise<string[]> {
  const page = await aProcess().journal.readEvents(scope, { runId, afterSeq: 0 });
  expect(page?.events.map(({ seq }) => seq)).toEqual(page?.events.map((_, i) => i + 1));
  return (page?.events ?? []).flatMap(({ data }) => {
    const { call_id: id, checkpoint_id: checkpoint, frames = [] } = data as { call_id?: string; checkpoint_id?: string | null; frames?: Frame[] };
    return [...(id === undefined ? [] : [id]), ...frames.map((one) => `${String(one.data)}@${one.step}`), ...(checkpoint == null ? [] : ['checkpoint'])];
  });
}

/** Writes commits of a run, or of a task of it. */
type Commit = (process: Process, ref: RunRef, commit: number, items: readonly Item[]) => Promise<string>;
const ofRun: Commit = async ({ journal }, ref, commit, items) => (await journal.commitProgress(scope, aCommit(ref, commit, { events: eventsOf(items) }))).kind;
const ofTask: Commit = async ({ tasks }, ref, commit, items) =>
  (await tasks.commitTask(scope, { ...ref, taskId: 't-0', commit, events: eventsOf(items) })).kind;

describe.each([
  ['of a run', ofRun],
  ['of a task', ofTask],
])('what a commit %s brings under a new number after the death of a worker', (_, commit) => {
  it('is not told again, and what is new is: frames alone, a call alone', async () => {
    const ref = await started();
    const [lost, next] = [aProcess(), aProcess()];
    await commit(lost, ref, 1, [call('c0'), frame(1, 'a'), frame(1, 'tick')]);
    await commit(lost, ref, 2, [call('c1')]);
    expect([await commit(next, ref, 1, [call('c0')]), await commit(next, ref, 2, [frame(1, 'a')])]).toEqual(['duplicate', 'duplicate']);
    expect([await commit(next, ref, 3, [frame(1, 'tick')]), await commit(next, ref, 4, [call('c1')])]).toEqual(['duplicate', 'duplicate']);
    expect([await commit(next, ref, 5, [frame(1, 'tick', 1)]), await commit(next, ref, 6, [frame(2, 'tick')])]).toEqual(['committed', 'committed']);
    expect(await toldOf(ref)).toEqual(['c0', 'a@1', 'tick@1', 'c1', 'tick@1', 'tick@2']);
  });
});

describe('a task', () => {
  it('is compared with what was told only as far as that goes', async () => {
    const ref = await started();
    const next = aProcess();
    await ofTask(aProcess(), ref, 1, [frame(1, 'a'), { ends: 1 }, frame(2, 'b')]);
    await ofTask(next, ref, 1, [frame(1, 'a'), { ends: 1 }]);
    expect([await ofTask(next, ref, 2, [frame(2, 'b')]), await ofTask(next, ref, 3, [frame(2, 'c')])]).toEqual(['duplicate', 'committed']);
    const looks = jest.spyOn(db.worker, 'withTenant');
    expect([await ofTask(next, ref, 4, [frame(3, 'd')]), await ofTask(next, ref, 5, [frame(4, 'e')])]).toEqual(['committed', 'committed']);
    expect(looks).not.toHaveBeenCalled();
    looks.mockRestore();
  });
});

describe('a run', () => {
  it('has a superstep that is new told without the frames that stand there already', async () => {
    const ref = await started();
    const checkpoint = aCheckpoint(1);
    const ids = ['', checkpoint.checkpointId];
    await ofRun(aProcess(), ref, 1, [frame(1, 'a')]);
    const next = aProcess();
    await ofRun(next, ref, 1, [call('c0')]);
    const whole = aCommit(ref, 2, { events: eventsOf([frame(1, 'a'), frame(1, 'b'), { ends: 1 }, frame(2, 'next')], ids), checkpoints: [checkpoint] });
    expect((await next.journal.commitProgress(scope, whole)).kind).toBe('committed');
    expect(await toldOf(ref)).toEqual(['a@1', 'c0', 'b@1', 'next@2', 'checkpoint']);
  });

  it('that another workflow execution takes over goes on with what was not told', async () => {
    const ref = await started();
    await ofRun(aProcess(), ref, 1, [frame(1, 'a')]);
    const next = aProcess();
    // it knows the first execution as one that repeats, too
    await begin(next, ref, 'w1');
    await begin(next, ref, 'w2');
    const commit = async (workflowRunId: string, ...items: Item[]): Promise<string> =>
      (await next.journal.commitProgress(scope, aCommit(ref, 2, { events: eventsOf(items), workflowRunId }))).kind;
    expect(await commit('w1', frame(1, 'a'))).toBe('fenced');
    expect([await commit('w2', frame(1, 'a')), await commit('w2', frame(1, 'a'), frame(1, 'b'))]).toEqual(['duplicate', 'committed']);
    expect(await toldOf(ref)).toEqual(['a@1', 'b@1']);
  });

  it('is told nothing twice when one that was given up writes beside the next one', async () => {
    const ref = await started();
    await ofRun(aProcess(), ref, 1, [call('c0')]);
    const seen = (await db.worker.withTenant(scope, (tx) => tx.query('SELECT last_seq FROM executions.runs WHERE run_id = $1', [ref.runId])))[0] as { last_seq: number };
    // what the next one has looked at is not all by the time it writes
    await ofRun(aProcess(), ref, 2, [call('c1')]);
    const again = await db.worker.callTenant(scope, {
      name: 'stale_commit',
      text: `SELECT kind FROM executions.commit_progress(set_config('app.tenant_id', $1, true), $2, $3, 3, 'w1', NULL, $4, NULL, NULL, NULL, NULL, NULL, $5)`,
    }, [ref.threadId, ref.runId, JSON.stringify([called('c1')]), seen.last_seq]);
    expect(again).toEqual([{ kind: 'duplicate' }]);
    expect(await toldOf(ref)).toEqual(['c0', 'c1']);
  });

  it('that has ended meanwhile takes nothing more from who executes it again', async () => {
    const ref = await started();
    await ofRun(aProcess(), ref, 1, [frame(1, 'a')]);
    const next = aProcess();
    await ofRun(next, ref, 1, [frame(1, 'a')]);
    await aProcess().journal.commitProgress(scope, aCommit(ref, 2, { events: [], end: { status: 'cancelled', steps: 1 } }));
    expect(await ofRun(next, ref, 3, [frame(1, 'b')])).toBe('terminal');
  });
});

const aTry = fc.record({ order: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), cuts: fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }) });
const supersteps = fc.array(fc.array(fc.constantFrom('a', 'b'), { maxLength: 4 }), { minLength: 1, maxLength: 3 });

/** What runs beside each other in a superstep answers in any order; each answer is a call and a frame. */
function itemsOf(contents: readonly (readonly string[])[], order: readonly number[]): Item[] {
  return contents.flatMap((list, step) => {
    const seen = new Map<string, number>();
    const answers = list.map((data, i) => ({ data, id: `${step}-${i}`, at: order[i] ?? 0 })).sort((a, b) => a.at - b.at);
    const items = answers.flatMap(({ data, id }) => {
      const nth = seen.get(data) ?? 0;
      seen.set(data, nth + 1);
      return [call(id), frame(step, data, nth)];
    });
    return [...items, { ends: step }];
  });
}

function cut(items: readonly Item[], cuts: readonly boolean[]): Item[][] {
  return items.reduce<Item[][]>((commits, item, i) => {
    const begins = i === 0 || cuts[i % 24] === true;
    return begins ? [...commits, [item]] : [...commits.slice(0, -1), [...commits.at(-1)!, item]];
  }, []);
}

describe('what a worker told that died is told once, however the next one cuts it', () => {
  it('by a run', async () => {
    await fc.assert(
      fc.asyncProperty(supersteps, aTry, aTry, fc.nat(15), async (contents, lost, again, made) => {
        const ref = await started();
        const checkpoints: readonly CheckpointDraft[] = contents.map((_, step) => aCheckpoint(step));
        const ids = checkpoints.map(({ checkpointId }) => checkpointId);
        const commitAll = async ({ journal }: Process, commits: readonly (readonly Item[])[]): Promise<void> => {
          for (const [i, items] of commits.entries()) {
            const ended = items.flatMap((item) => ('ends' in item ? [checkpoints[item.ends]!] : []));
            await journal.commitProgress(scope, aCommit(ref, i + 1, { events: eventsOf(items, ids), checkpoints: ended }));
          }
        };
        await commitAll(aProcess(), cut(itemsOf(contents, lost.order), lost.cuts).slice(0, made));
        await commitAll(aProcess(), cut(itemsOf(contents, again.order), again.cuts));
        const expected = contents.flatMap((list, step) => [...list.flatMap((data, i) => [`${step}-${i}`, `${data}@${step}`]), 'checkpoint']);
        expect((await toldOf(ref)).sort()).toEqual(expected.sort());
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('by a task', async () => {
    await fc.assert(
      fc.asyncProperty(supersteps, aTry, aTry, fc.nat(15), async (contents, lost, again, made) => {
        const ref = await started();
        const commitAll = async (process: Process, commits: readonly (readonly Item[])[]): Promise<void> => {
          for (const [i, items] of commits.entries()) await ofTask(process, ref, i + 1, items);
        };
        const withoutEnds = ({ order, cuts }: { order: number[]; cuts: boolean[] }) => cut(itemsOf(contents, order).filter((item) => !('ends' in item)), cuts);
        await commitAll(aProcess(), withoutEnds(lost).slice(0, made));
        await commitAll(aProcess(), withoutEnds(again));
        const expected = contents.flatMap((list, step) => list.flatMap((data, i) => [`${step}-${i}`, `${data}@${step}`]));
        expect((await toldOf(ref)).sort()).toEqual(expected.sort());
      }),
      { numRuns: 20 },
    );
  }, 60_000);
});
