import { v7 } from 'uuid';
import { createDatabase, RunJournal, RunsRepository, ThreadsRepository, type Database, type TenantScope } from '../src/index';
import { aCheckpoint, aCommit, aRun, aTenant, Fixture, url } from './support';

// A name of its own, so that nobody else's connections die.
const LABEL = `kill-${process.pid}`;
const db = new Fixture(url, LABEL);
const killer = db.open('WORKER', 1);
const gatewayKiller = db.open('GATEWAY', 1);
const runs = new RunsRepository(db.gateway);
const threads = new ThreadsRepository(db.gateway);
const journal = new RunJournal(db.worker);
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

/** Ends connections of this test's own pools; a role may end its own sessions. */
async function kill(using: Database, applicationName: string): Promise<void> {
  await using.system('kill-sessions', (sql) =>
    sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = $1 AND usename = current_user AND pid <> pg_backend_pid() AND random() < 0.5`,
      [applicationName],
    ),
  );
}

/** What Temporal does with an activity that failed retryably. */
async function untilDone<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries > 50 || (error as { retryable?: unknown }).retryable !== true) throw error;
      await new Promise((done) => setTimeout(done, 5));
    }
  }
}

describe('when connections are killed at random', () => {
  it('no run loses or doubles a journal row or a checkpoint', async () => {
    const inputs = Array.from({ length: 8 }, () => aRun({ requestHash: 'h', idempotency: { principalId: 'p', route: 'r', key: v7() } }));
    let over = false;
    const storm = (async () => {
      for (; !over; await new Promise((done) => setTimeout(done, 15))) {
        await kill(killer, `${LABEL}-worker`).catch(() => undefined);
        await kill(gatewayKiller, `${LABEL}-gateway`).catch(() => undefined);
      }
    })();
    let failures = 0;
    const counting = async <T>(attempt: () => Promise<T>): Promise<T> =>
      untilDone(async () => {
        try {
          return await attempt();
        } catch (error) {
          failures += 1;
          throw error;
        }
      });
    await Promise.all(
      inputs.map(async (input) => {
        const ref = { ...input, tenantId: scope.tenantId };
        await counting(() => runs.createRun(scope, input));
        await counting(() => journal.beginRun(scope, { ...ref, workflowId: 'w', workflowRunId: 'r', buildId: 'b' }));
        for (let c = 1; c <= 30; c++) {
          const batch = aCommit(ref, c, { checkpoints: [aCheckpoint(c)], ...(c === 30 ? { end: { status: 'success', steps: 30 } } : {}) });
          await counting(() => journal.commitProgress(scope, batch));
        }
      }),
    );
    over = true;
    await storm;
    expect(failures).toBeGreaterThan(0);
    for (const input of inputs) {
      const page = await untilDone(() => new RunJournal(db.gateway).readEvents(scope, { runId: input.runId, afterSeq: 0 }));
      expect(page?.status).toBe('success');
      expect(page?.events.map((e) => e.seq)).toEqual(Array.from({ length: 33 }, (_, i) => i + 1));
      expect(page?.events.filter((e) => e.type === 'run.started.v1')).toHaveLength(1);
      const [row] = await db.gateway.withTenant(scope, (tx) =>
        tx.query('SELECT count(*)::int AS n FROM executions.checkpoints WHERE thread_id = $1', [input.threadId]),
      );
      expect(row).toEqual({ n: 30 });
    }
  }, 60_000);

  it('an open transaction is undone, the caller learns it, and the pool goes on', async () => {
    const threadId = v7();
    await expect(
      db.gateway.withTenant(scope, async (tx) => {
        await tx.query(`INSERT INTO executions.threads (tenant_id, thread_id) VALUES ($1, $2)`, [scope.tenantId, threadId]);
        const [row] = await tx.query('SELECT pg_backend_pid() AS pid');
        await gatewayKiller.system('kill-session', (sql) => sql.query('SELECT pg_terminate_backend($1)', [(row as { pid: number }).pid]));
        await tx.query('SELECT 1');
      }),
    ).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
    expect(await threads.get(scope, threadId)).toBeNull();
  });
});

describe('the door', () => {
  it('rolls back what fn wrote when it throws, and when it swallows a failed statement', async () => {
    const threadId = v7();
    const insert = `INSERT INTO executions.threads (tenant_id, thread_id) VALUES ($1, $2)`;
    const values = [scope.tenantId, threadId];
    await expect(
      db.gateway.withTenant(scope, async (tx) => {
        await tx.query(insert, values);
        throw new Error('mine');
      }),
    ).rejects.toThrow('mine');
    await expect(
      db.gateway.withTenant(scope, async (tx) => {
        await tx.query(insert, values);
        await tx.query('SELECT 1/0').catch(() => undefined);
      }),
    ).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await threads.get(scope, threadId)).toBeNull();
  });

  it('runs a deadlocked transaction again', async () => {
    const [one, two] = [v7(), v7()];
    for (const threadId of [one, two]) await threads.create(scope, { threadId, metadata: {}, ifExists: 'raise' });
    let attempts = 0;
    const touch = (order: readonly string[]) =>
      db.gateway.withTenant(scope, async (tx) => {
        attempts += 1;
        for (const threadId of order) {
          await tx.query(`UPDATE executions.threads SET metadata = metadata || '{"touched": true}' WHERE thread_id = $1`, [threadId]);
          await new Promise((done) => setTimeout(done, 200));
        }
      });
    await Promise.all([touch([one, two]), touch([two, one])]);
    expect(attempts).toBe(3);
  }, 20_000);

  it('refuses callers beyond its queue and those that wait too long', async () => {
    const small = createDatabase({ url: url('GATEWAY'), maxConnections: 1, maxWaiting: 1, connectTimeoutMs: 200, applicationName: 'int-small' });
    const busy = small.system('sleep', (sql) => sql.query('SELECT pg_sleep(0.6)'));
    await new Promise((done) => setTimeout(done, 50));
    const waiting = small.ping();
    await expect(small.ping()).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    await expect(waiting).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    await busy;
    await small.ping();
    await small.close();
  });

  it('ends a statement that takes too long', async () => {
    const hasty = createDatabase({ url: url('GATEWAY'), maxConnections: 1, statementTimeoutMs: 100, applicationName: 'int-hasty' });
    await expect(hasty.system('sleep', (sql) => sql.query('SELECT pg_sleep(2)'))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await hasty.ping();
    await hasty.close();
  });

  it('says so when there is no server', async () => {
    const nowhere = createDatabase({ url: 'postgresql://u:p@127.0.0.1:1/x', maxConnections: 1, applicationName: 'int-nowhere' });
    await expect(nowhere.ping()).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
    await nowhere.close();
  });
});
