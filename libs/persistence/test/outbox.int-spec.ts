import { v7 } from 'uuid';
import {
  OUTBOX_PARTITIONS,
  OutboxRepository,
  RunJournal,
  RunsRepository,
  type Database,
  type OutboxRow,
  type OutboxSession,
  type TenantScope,
} from '../src/index';
import { aCommit, aRun, aTenant, Fixture, ScratchDatabase, type Role } from './support';

// A database of its own: a relay sees every tenant, and there may be a real one at work on the shared database.
let scratch: ScratchDatabase;
let db: Fixture;
let relay: Database;
let outbox: OutboxRepository;
let runs: RunsRepository;
let journal: RunJournal;
let scope: TenantScope;
const sessions: OutboxSession[] = [];

beforeAll(async () => {
  scratch = await ScratchDatabase.create();
  const address = (role: Role): string => scratch.url(role);
  db = new Fixture(address);
  relay = db.open('RELAY');
  outbox = new OutboxRepository(relay);
  runs = new RunsRepository(db.gateway);
  journal = new RunJournal(db.worker);
  ({ scope } = await aTenant(address));
}, 60_000);
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});
afterAll(async () => {
  await db.close();
  await scratch.drop();
});

async function open(): Promise<OutboxSession> {
  const session = await outbox.open();
  sessions.push(session);
  return session;
}

/** Waits until the server has noticed that earlier connections are gone. */
async function leaseAll(session: OutboxSession): Promise<void> {
  for (const until = Date.now() + 4_000; (await session.lease()).length < OUTBOX_PARTITIONS; ) {
    if (Date.now() > until) throw new Error('somebody holds the partitions');
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Reads everything, marks what is not ours, returns ours. */
async function drain(session: OutboxSession): Promise<OutboxRow[]> {
  const mine: OutboxRow[] = [];
  for (;;) {
    const rows = await session.read(500);
    if (rows.length === 0) return mine;
    mine.push(...rows.filter((row) => row.tenantId === scope.tenantId));
    await session.markPublished(rows.map((row) => row.position));
  }
}

async function aBusyRun(commits: number): Promise<string> {
  const input = aRun();
  const ref = { ...input, tenantId: scope.tenantId };
  await runs.createRun(scope, input);
  await journal.beginRun(scope, { ...ref, workflowId: 'w', workflowRunId: 'r', buildId: 'b' });
  for (let c = 1; c <= commits; c++) await journal.commitProgress(scope, aCommit(ref, c));
  return input.runId;
}

describe('outbox', () => {
  it('hands out every row once, in order within a run, whatever runs in parallel', async () => {
    const session = await open();
    await leaseAll(session);
    await drain(session);
    const writing = Promise.all(Array.from({ length: 12 }, () => aBusyRun(5)));
    const seen: OutboxRow[] = [];
    let ids: string[] | undefined;
    void writing.then((made) => (ids = made));
    while (ids === undefined) seen.push(...(await drain(session)));
    seen.push(...(await drain(session)));
    await writing;
    for (const id of ids ?? []) expect(seen.filter((row) => row.runId === id).map((row) => row.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(seen).toHaveLength(12 * 7);
    expect(new Set(seen.map((row) => row.partition)).size).toBeGreaterThan(1);
    expect(seen[0]).toMatchObject({ tenantId: scope.tenantId, type: 'run.created.v1', data: { graph_id: 'test-graph' } });
  });

  it('gives out rows again that were read and not marked', async () => {
    const session = await open();
    await leaseAll(session);
    await drain(session);
    const runId = await aBusyRun(0);
    const first = (await session.read(100)).filter((row) => row.runId === runId);
    expect(first.map((row) => row.seq)).toEqual([1, 2]);
    await session.markPublished(first.slice(0, 1).map((row) => row.position));
    await session.close();
    const next = await open();
    await leaseAll(next);
    expect((await next.read(100)).filter((row) => row.runId === runId).map((row) => row.seq)).toEqual([2]);
  });

  it('does not skip a row of a slow transaction that commits after later ones', async () => {
    const session = await open();
    await leaseAll(session);
    await drain(session);
    const slow = aRun();
    let commit: (() => void) | undefined;
    const held = new Promise<void>((done) => (commit = done));
    let inserted: (() => void) | undefined;
    const wrote = new Promise<void>((done) => (inserted = done));
    const transaction = db.gateway.withTenant(scope, async (tx) => {
      await tx.query(
        `INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, type, data) VALUES ($1, $2, 1, $3, 'run.created.v1', '{}')`,
        [scope.tenantId, slow.runId, slow.threadId],
      );
      inserted?.();
      await held;
    });
    await wrote;
    const fast = await aBusyRun(0);
    const before = await drain(session);
    expect(before.map((row) => row.runId)).toEqual([fast, fast]);
    commit?.();
    await transaction;
    expect((await drain(session)).map((row) => row.runId)).toEqual([slow.runId]);
  });

  it('leases each partition to one session and frees it with the connection', async () => {
    const one = await open();
    await leaseAll(one);
    const two = await open();
    expect(await two.lease()).toEqual([]);
    expect(await two.read(10)).toEqual([]);
    // The connection of the first session dies, as it does when its process is killed.
    await killRelayHolding(one);
    await leaseAll(two);
    await expect(one.read(10)).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
  });

  it('shares partitions when sessions ask for a part', async () => {
    const one = await open();
    await leaseAll(one);
    await one.close();
    const [left, right] = [await open(), await open()];
    const half = await left.lease(OUTBOX_PARTITIONS / 2);
    const rest = await right.lease();
    expect(half).toHaveLength(OUTBOX_PARTITIONS / 2);
    expect([...half, ...rest].sort((a, b) => a - b)).toEqual(Array.from({ length: OUTBOX_PARTITIONS }, (_, p) => p));
    expect(await left.lease(OUTBOX_PARTITIONS / 2)).toEqual(half);
  });

  it('tells its lag, and what was published for a repair', async () => {
    const session = await open();
    await leaseAll(session);
    await drain(session);
    const runId = await aBusyRun(1);
    const lag = await outbox.lag();
    expect(lag.unpublished).toBeGreaterThanOrEqual(3);
    expect(lag.oldestAgeMs).toBeGreaterThanOrEqual(0);
    const [first] = (await session.read(100)).filter((row) => row.runId === runId);
    if (first === undefined) throw new Error('nothing read');
    expect(await outbox.readPublished({ afterPosition: first.position - 1, limit: 10 })).toEqual([]);
    await drain(session);
    const again = (await outbox.readPublished({ afterPosition: first.position - 1, limit: 10 })).filter((row) => row.runId === runId);
    expect(again.map((row) => row.seq)).toEqual([1, 2, 3]);
  });

  it('remembers streams', async () => {
    const stream = `S-${v7()}`;
    expect(await outbox.loadStreamState(stream)).toBeNull();
    const state = { stream, created: new Date('2026-01-01T00:00:00Z'), lastSeq: 7 };
    await outbox.saveStreamState(state);
    await outbox.saveStreamState({ ...state, lastSeq: 9 });
    expect(await outbox.loadStreamState(stream)).toEqual({ ...state, lastSeq: 9 });
  });
});

async function killRelayHolding(session: OutboxSession): Promise<void> {
  const held = await session.lease();
  // Only a role's own sessions may be ended by it.
  await relay.system('kill-session', (sql) =>
    sql.query(
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
       WHERE l.locktype = 'advisory' AND l.classid = ${0x68666f62} AND l.objid = $1 AND a.usename = current_user
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [held[0]],
    ),
  );
}
