import type { RunRow, RunsRepository, ThreadsRepository } from '@holdfast/persistence';
import { Hydrator } from '../streaming/hydrator';
import type { CancelRequest, CancelService } from '../delivery/cancel.service';
import { RunsService } from './runs.service';

const ctx = { tenantId: 't', principalId: 'p', roles: [], requestId: 'r' };
const blob = { $blob: `sha256:${'0'.repeat(64)}`, bytes: 5_000, preview: 'x' };

/** A tenant with busy threads; cancelling the one run of a thread ends it. */
class Stage {
  readonly busy = new Map<string, string[]>();
  readonly cancelled: string[] = [];
  open = 0;
  most = 0;
  blobReads = 0;
  /** Called with each page that is read. */
  onPage: () => void = () => undefined;

  constructor(threads: number) {
    for (let n = 0; n < threads; n += 1) this.busy.set(`t${String(n).padStart(5, '0')}`, [`r${n}`]);
  }

  service(rows: RunRow[] = []): RunsService {
    const search = (_: unknown, { limit, offset }: { limit: number; offset: number }): Promise<unknown> => {
      const page = [...this.busy.keys()].sort().slice(offset, offset + limit);
      this.onPage();
      return Promise.resolve(page.map((id) => ({ thread_id: id })));
    };
    const runs = {
      list: () => Promise.resolve(rows),
      activeRuns: (_: unknown, threadId: string) => Promise.resolve((this.busy.get(threadId) ?? []).map((runId) => ({ runId, status: 'running' }))),
    };
    const cancel = async (_: unknown, { threadId, runId }: CancelRequest): Promise<string> => {
      this.most = Math.max(this.most, (this.open += 1));
      await new Promise((done) => setImmediate(done));
      this.open -= 1;
      this.cancelled.push(runId);
      // Every third ends at once, the others are only asked to end.
      if (Number(runId.slice(1)) % 3 === 0) this.busy.delete(threadId);
      return runId === 'missing' ? 'not-found' : 'requested';
    };
    const getMany = (): Promise<Map<string, string>> => ((this.blobReads += 1), Promise.resolve(new Map()));
    return new RunsService(runs as unknown as RunsRepository, { search } as unknown as ThreadsRepository, { cancel } as unknown as CancelService, undefined as never, new Hydrator({ getMany } as never));
  }
}

describe('cancelling many runs', () => {
  it('reaches every busy thread, once, although those that end leave the pages', async () => {
    const stage = new Stage(3_500);
    await stage.service().cancelMany(ctx, { status: 'all' }, 'interrupt');
    expect(stage.cancelled).toHaveLength(3_500);
    expect(new Set(stage.cancelled).size).toBe(3_500);
  });

  it('asks for a bounded number at a time', async () => {
    const stage = new Stage(200);
    await stage.service().cancelMany(ctx, { status: 'running' }, 'interrupt');
    expect([stage.cancelled.length, stage.most]).toEqual([200, 16]);
    const named = new Stage(0);
    await named.service().cancelMany(ctx, { thread_id: 't', run_ids: Array.from({ length: 100 }, (_, n) => `r${n}`) }, 'interrupt');
    expect([named.cancelled.length, named.most]).toEqual([100, 16]);
  });

  it('leaves runs of another status alone', async () => {
    const stage = new Stage(3);
    await stage.service().cancelMany(ctx, { status: 'pending' }, 'interrupt');
    expect(stage.cancelled).toEqual([]);
  });

  it('stops although new threads keep coming', async () => {
    const stage = new Stage(1_000);
    let n = 10_000;
    stage.onPage = () => void stage.busy.set(`t${(n += 1)}`, [`r${n}`]);
    await stage.service().cancelMany(ctx, { status: 'all' }, 'interrupt');
    expect(stage.cancelled.length).toBeGreaterThanOrEqual(1_000);
  });

  it('names a run that is not there, after the others', async () => {
    const stage = new Stage(0);
    const cancelling = stage.service().cancelMany(ctx, { thread_id: 't', run_ids: ['missing', 'r1'] }, 'interrupt');
    await expect(cancelling).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('missing') });
    expect(stage.cancelled).toContain('r1');
  });
});

describe('a list of runs', () => {
  const at = new Date(0);
  const row = { run_id: 'r', thread_id: 't', assistant_id: 'a', created_at: at, updated_at: at, status: 'success', metadata: {}, kwargs: { input: blob }, multitask_strategy: 'enqueue', workflow_id: null } as unknown as RunRow;

  it.each([
    [['run_id', 'status'] as const, 0, ['run_id', 'status']],
    [['run_id', 'kwargs'] as const, 1, ['run_id', 'kwargs']],
  ])('of %j asks %i times for long texts', async (select, reads, keys) => {
    const stage = new Stage(0);
    const [shown] = await stage.service([row]).list(ctx, 't', { limit: 10, offset: 0, select: [...select] });
    expect(Object.keys(shown ?? {})).toEqual(keys);
    expect(stage.blobReads).toBe(reads);
  });
});
