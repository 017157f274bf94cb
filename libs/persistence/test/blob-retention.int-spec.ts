import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { BlobsRepository, RetentionRepository, RunJournal, RunsRepository, ThreadsRepository, WaitsRepository, type BlobUse, type TenantScope } from '../src/index';
import { aCheckpoint, aCommit, aRun, asOwner, aTenant, Fixture, ScratchDatabase, type Role } from './support';

// Of its own: what is deleted here belongs to all tenants.
let scratch: ScratchDatabase;
let db: Fixture;
let scope: TenantScope;
let blobs: BlobsRepository;
let retention: RetentionRepository;
let runs: RunsRepository;
let threads: ThreadsRepository;
let journal: RunJournal;
const address = (role: Role): string => scratch.url(role);

beforeAll(async () => {
  scratch = await ScratchDatabase.create();
  db = new Fixture(address);
  [blobs, retention] = [new BlobsRepository(db.worker), new RetentionRepository(db.gateway)];
  [runs, threads, journal] = [new RunsRepository(db.gateway), new ThreadsRepository(db.gateway), new RunJournal(db.worker)];
}, 60_000);
beforeEach(async () => {
  ({ scope } = await aTenant(address));
});
afterAll(async () => {
  await db.close();
  await scratch.drop();
});

const TENANT = `SELECT set_config('app.tenant_id', $1, false)`;

async function sql(text: string, params: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
  return asOwner(async (owner) => {
    await owner.query(TENANT, [scope.tenantId]);
    return (await owner.query(text, [...params])).rows as Record<string, unknown>[];
  }, address);
}

const aBlob = (body: string = v7()) => ({ hash: `sha256:${createHash('sha256').update(body).digest('hex')}`, body });
const put = (use: BlobUse, ...all: { hash: string; body: string }[]) => blobs.putMany(scope, use, all);
/** How many of them are there. */
const found = async (...all: { hash: string }[]) => (await blobs.getMany(scope, all.map(({ hash }) => hash))).size;

async function aThread(): Promise<string> {
  const threadId = v7();
  await threads.create(scope, { threadId, metadata: {}, ifExists: 'raise' });
  return threadId;
}

/** So many days pass. */
async function days(count: number): Promise<void> {
  await sql(`UPDATE executions.blob_owners SET looked_at = looked_at - make_interval(days => $1), gone_since = gone_since - make_interval(days => $1)`, [count]);
  await sql(`UPDATE executions.blob_uses SET kept_until = kept_until - make_interval(days => $1)`, [count]);
  await sql(`UPDATE executions.deleted_runs SET deleted_at = deleted_at - make_interval(days => $1)`, [count]);
  await sql(`UPDATE executions.threads SET updated_at = updated_at - make_interval(days => $1)`, [count]);
  await sql(`UPDATE executions.runs SET ended_at = ended_at - make_interval(days => $1)`, [count]);
}

const LOOK = { limit: 500, keptDays: 30, everyHours: 24 };

/** Rounds until every owner has been looked at. @returns blobs that went */
async function sweep(): Promise<number> {
  let deleted = 0;
  for (let looked = 1, rounds = 0; looked > 0 && rounds < 100; rounds += 1) {
    const round = await retention.deleteBlobs(LOOK);
    looked = round.looked;
    deleted += round.deleted;
  }
  return deleted;
}

/** The days of a deleted thread: it is found gone, and its time passes. */
async function longTime(): Promise<number> {
  await days(2);
  const early = await sweep();
  await days(31);
  return early + (await sweep());
}

describe('a blob', () => {
  it('goes long after the last thread that uses it, and not before', async () => {
    const [gone, stays] = [await aThread(), await aThread()];
    const [shared, own] = [aBlob(), aBlob()];
    await put({ ownerId: gone }, shared, own);
    await put({ ownerId: stays }, shared);
    await threads.delete(scope, gone);
    await days(2);
    expect(await sweep()).toBe(0);
    await days(29);
    expect(await sweep()).toBe(0);
    expect(await found(shared, own)).toBe(2);
    await days(2);
    expect(await sweep()).toBe(1);
    expect([await found(own), await found(shared)]).toEqual([0, 1]);
    await threads.delete(scope, stays);
    expect(await longTime()).toBe(1);
    expect(await sql('SELECT FROM executions.blob_owners WHERE tenant_id = $1 UNION ALL SELECT FROM executions.blob_uses WHERE tenant_id = $1', [scope.tenantId])).toEqual([]);
  });

  it('stays while the journal of a run that was deleted with its thread is there', async () => {
    const input = aRun();
    const text = aBlob();
    await put({ ownerId: input.threadId }, text);
    await runs.createRun(scope, input);
    await threads.delete(scope, input.threadId);
    expect(await longTime()).toBe(0);
    await sql('UPDATE executions.run_events SET published_at = now() WHERE tenant_id = $1', [scope.tenantId]);
    await retention.deleteJournal({ limit: 1_000, keptDays: 30 });
    await days(2);
    expect(await sweep()).toBe(1);
  });

  it('stays when its thread comes again, or another writer is about to refer to it', async () => {
    const threadId = await aThread();
    const text = aBlob();
    await put({ ownerId: threadId }, text);
    await threads.delete(scope, threadId);
    await days(2);
    await sweep();
    await days(31);
    await put({ ownerId: threadId }, text);
    expect(await sweep()).toBe(0);
    expect(await found(text)).toBe(1);
  });

  it('stays with a copy of its thread, and with the thread that took the event that brought it', async () => {
    const [source, text] = [aRun(), aBlob()];
    await put({ ownerId: source.threadId }, text);
    await runs.createRun(scope, source);
    const ref = { tenantId: scope.tenantId, threadId: source.threadId, runId: source.runId };
    await journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w', buildId: 'b' });
    const interrupts = { task: [{ id: 'i', value: { kind: 'wait', until: 'event', type: 'paid' } }] };
    const checkpoint = aCheckpoint(0, { next: ['ask'], tasks: [{ id: 'task', name: 'ask', interrupts: interrupts.task }] });
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [checkpoint], end: { status: 'interrupted', steps: 1, interrupts } }));
    const copy = v7();
    await threads.copy(scope, { threadId: source.threadId, newThreadId: copy });

    const brought = aBlob();
    await put({ ownerId: v7() }, brought);
    const payload = { $blob: brought.hash, bytes: 1, preview: '' };
    const posted = await new WaitsRepository(db.gateway).post(scope, { eventId: v7(), type: 'paid', key: null, payload, requestHash: 'h', postedBy: 'p' });
    expect(posted.event.woken).toBe(2);
    await sql(`UPDATE executions.run_events SET published_at = now()`);
    await threads.delete(scope, source.threadId);
    await longTime();
    expect(await found(text, brought)).toBe(2);
    await threads.delete(scope, copy);
    await retention.deleteJournal({ limit: 1_000, keptDays: 0 });
    await longTime();
    expect(await found(text, brought)).toBe(0);
  });

  it('of histories goes when its time is over and its thread has rested, unless the thread’s state has the same text', async () => {
    const input = aRun();
    const [chunk, both] = [aBlob(), aBlob()];
    await runs.createRun(scope, input);
    await put({ ownerId: input.threadId, keptDays: 30 }, chunk, both);
    await put({ ownerId: input.threadId }, both);
    await put({ ownerId: input.threadId, keptDays: 30 }, both);
    await days(31);
    expect(await sweep()).toBe(0);
    const ref = { tenantId: scope.tenantId, threadId: input.threadId, runId: input.runId };
    await journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w', buildId: 'b' });
    await days(31);
    expect(await sweep()).toBe(0);
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [aCheckpoint(1)], end: { status: 'success', steps: 1 } }));
    await sql(`UPDATE executions.blob_owners SET looked_at = looked_at - interval '2 days'`);
    // Its workflow may still wait for the next turn.
    expect(await sweep()).toBe(0);
    await put({ ownerId: input.threadId, keptDays: 30 }, chunk);
    await days(2);
    expect(await sweep()).toBe(0);
    await days(31);
    expect(await sweep()).toBe(1);
    expect([await found(chunk), await found(both)]).toEqual([0, 1]);
  });

  it('that a build before this one stores, or would store again, stays for good', async () => {
    const threadId = await aThread();
    const [known, old] = [aBlob(), aBlob()];
    await put({ ownerId: threadId }, known);
    const insert = 'INSERT INTO executions.blobs (tenant_id, hash, bytes, body) SELECT $1, h, 1, $3 FROM unnest($2::text[]) AS h ON CONFLICT DO NOTHING';
    await db.worker.withTenant(scope, (tx) => tx.query(insert, [scope.tenantId, [known.hash, old.hash], Buffer.from('x')]));
    await put({ ownerId: threadId }, old);
    await threads.delete(scope, threadId);
    expect(await longTime()).toBe(0);
    expect(await found(known, old)).toBe(2);
  });
});

describe('deletion and writers at the same time', () => {
  const SWEEP = `SELECT executions.delete_outlived_blobs(500, interval '30 days', interval '1 day') AS counts`;
  const settled = async (work: Promise<unknown>): Promise<boolean> => Promise.race([work.then(() => true), new Promise<boolean>((done) => setTimeout(done, 300, false))]);

  /** A blob that the next round deletes. */
  async function outlived(): Promise<{ hash: string; body: string }> {
    const threadId = await aThread();
    const text = aBlob();
    await put({ ownerId: threadId }, text);
    await threads.delete(scope, threadId);
    await days(2);
    await sweep();
    await days(31);
    return text;
  }

  it('a writer that finds it under way waits, and stores the blob again', async () => {
    const text = await outlived();
    const threadId = await aThread();
    await asOwner(async (owner) => {
      await owner.query('BEGIN');
      expect((await owner.query(SWEEP)).rows).toEqual([{ counts: { looked: 1, deleted: 1 } }]);
      const writing = put({ ownerId: threadId }, text);
      expect(await settled(writing)).toBe(false);
      await owner.query('COMMIT');
      await writing;
    }, address);
    expect(await found(text)).toBe(1);
    expect(await longTime()).toBe(0);
    expect(await found(text)).toBe(1);
  });

  it('it waits for a writer that is under way, and leaves what that one refers to', async () => {
    const text = await outlived();
    const threadId = await aThread();
    const body = Buffer.from(text.body);
    await asOwner(async (owner) => {
      await owner.query('BEGIN');
      await owner.query(`SELECT executions.put_blobs(set_config('app.tenant_id', $1, true), $2, NULL, $3, $4)`, [scope.tenantId, threadId, [text.hash], [body]]);
      const sweeping = sweep();
      expect(await settled(sweeping)).toBe(false);
      await owner.query('COMMIT');
      expect(await sweeping).toBe(0);
    }, address);
    expect(await found(text)).toBe(1);
  });

  it('never lose a text of a thread that is there, whatever they do', async () => {
    const texts = Array.from({ length: 10 }, (_, i) => aBlob(`shared ${i}`));
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('turn' as const), thread: fc.nat(1), texts: fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), thread: fc.nat(1) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('sweep' as const) }) },
    );
    let deleted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 4, maxLength: 12 }), { minLength: 3, maxLength: 4 }), async (sessions) => {
        ({ scope } = await aTenant(address));
        // A thread id is one session's, the texts are everybody's.
        const live = new Map<string, Set<number>>();
        await Promise.all(
          sessions.map(async (steps) => {
            const ids = Array.from({ length: 2 }, () => v7());
            for (const next of steps) {
              for (let looks = 0; next.kind === 'sweep' && looks < 2; looks += 1) {
                await sql(`WITH alone AS MATERIALIZED (SELECT pg_advisory_xact_lock(executions.blob_lock($1)))
                           UPDATE executions.blob_owners SET looked_at = looked_at - interval '40 days', gone_since = gone_since - interval '40 days'
                           WHERE EXISTS (SELECT FROM alone)`, [scope.tenantId]);
                deleted += (await retention.deleteBlobs(LOOK)).deleted;
              }
              if (next.kind === 'sweep') continue;
              const threadId = ids[next.thread]!;
              if (next.kind === 'delete') {
                live.delete(threadId);
                await threads.delete(scope, threadId);
                continue;
              }
              await threads.create(scope, { threadId, metadata: {}, ifExists: 'do_nothing' });
              await put({ ownerId: threadId }, ...next.texts.map((i) => texts[i]!));
              live.set(threadId, new Set([...(live.get(threadId) ?? []), ...next.texts]));
              expect(await found(...[...live.get(threadId)!].map((i) => texts[i]!))).toBe(live.get(threadId)!.size);
            }
          }),
        );
        const needed = new Set([...live.values()].flatMap((used) => [...used]));
        expect(await found(...[...needed].map((i) => texts[i]!))).toBe(needed.size);
      }),
      { numRuns: 12 },
    );
    // The property says something only when something went.
    expect(deleted).toBeGreaterThan(0);
  }, 120_000);
});
