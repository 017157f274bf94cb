import pg from 'pg';
import { ApiKeysRepository, RunsRepository, ThreadsRepository, ToolCallsRepository, ToolRoutersRepository, type TenantScope } from '../src/index';
import { aRun, asOwner, aTenant, Fixture, url } from './support';

const db = new Fixture();
const runs = new RunsRepository(db.gateway);
const threads = new ThreadsRepository(db.gateway);
const keys = new ApiKeysRepository(db.gateway);
let a: { scope: TenantScope; apiKey: string };
let b: { scope: TenantScope; apiKey: string };
const ofB = aRun();

beforeAll(async () => {
  a = await aTenant();
  b = await aTenant();
  await runs.createRun(b.scope, ofB);
});
afterAll(() => db.close());

const SCHEMAS = `('executions', 'tools', 'events')`;

async function rowsOf(role: Parameters<typeof url>[0], sql: string, params: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url(role) });
  await client.connect();
  try {
    return (await client.query(sql, params)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

describe('catalogue', () => {
  it('forces row level security on every table with a tenant_id', async () => {
    const tables = await rowsOf(
      'OWNER',
      `SELECT c.oid::regclass::text AS name, c.relrowsecurity, c.relforcerowsecurity,
         (SELECT count(*)::int FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant_isolation' AND p.polcmd = '*' AND p.polwithcheck IS NOT NULL) AS policies
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname IN ${SCHEMAS} AND c.relkind IN ('r', 'p')
         AND EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped)`,
    );
    expect(tables.length).toBeGreaterThanOrEqual(11);
    for (const table of tables) expect(table).toMatchObject({ relrowsecurity: true, relforcerowsecurity: true, policies: 1 });
  });

  it('begins each key of a tenant table with tenant_id, but for the named lookups', async () => {
    const keysWithout = await rowsOf(
      'OWNER',
      `SELECT i.indexrelid::regclass::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id'
       WHERE n.nspname IN ${SCHEMAS} AND i.indisunique AND i.indkey[0] <> t.attnum ORDER BY 1`,
    );
    expect(keysWithout.map((row) => row['name'])).toEqual(['executions.api_keys_hash_key', 'executions.tenants_slug_key']);
  });

  it('gives application roles no power of their own', async () => {
    const roles = await rowsOf(
      'OWNER',
      `SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles
       WHERE rolname IN ('holdfast_gateway', 'holdfast_worker', 'holdfast_tools', 'holdfast_relay', 'holdfast_owner') ORDER BY rolname`,
    );
    expect(roles).toHaveLength(5);
    for (const role of roles) {
      expect(role).toMatchObject({ rolsuper: false, rolcreaterole: false, rolreplication: false });
      expect(role['rolbypassrls']).toBe(role['rolname'] === 'holdfast_relay');
      if (role['rolname'] !== 'holdfast_owner') expect(role['rolcreatedb']).toBe(false);
    }
    const owned = await rowsOf(
      'OWNER',
      `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ${SCHEMAS} AND c.relowner <> 'holdfast_owner'::regrole`,
    );
    expect(owned).toEqual([]);
    const truncate = await rowsOf(
      'OWNER',
      `SELECT grantee, table_name FROM information_schema.role_table_grants
       WHERE table_schema IN ${SCHEMAS} AND privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES') AND grantee <> 'holdfast_owner'`,
    );
    expect(truncate).toEqual([]);
  });

  it('pins the search path of every SECURITY DEFINER function and gives none to PUBLIC', async () => {
    const definers = await rowsOf(
      'OWNER',
      `SELECT p.proname, p.proconfig FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ${SCHEMAS} AND p.prosecdef ORDER BY 1`,
    );
    expect(definers.map((row) => row['proname'])).toEqual([
      'authenticate', 'claim_cron_firings', 'claim_due_approvals', 'claim_due_deliveries', 'claim_due_threads', 'claim_due_waits',
      'claim_stale_runs', 'claim_unsynced_crons', 'count_overdue_runs', 'delete_expired_events', 'delete_outlived_blobs', 'delete_outlived_calls', 'delete_outlived_journal',
      'delete_past', 'forget_model_calls', 'forget_task_commits', 'keep_uncounted_blob', 'list_finished_stateless', 'read_slo_totals', 'remember_deleted_runs', 'roll_up_slo',
      'tell_outcome', 'wake_rest',
    ]);
    for (const row of definers) expect(row['proconfig']).toEqual(['search_path=pg_catalog, pg_temp']);
    const open = await rowsOf(
      'OWNER',
      `SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
       WHERE n.nspname IN ${SCHEMAS} AND (p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) WHERE grantee = 0))`,
    );
    expect(open).toEqual([]);
  });

  it('keeps the owner’s own policies to what its functions need', async () => {
    const policies = await rowsOf('OWNER', `SELECT tablename, policyname, roles::text, cmd FROM pg_policies WHERE policyname <> 'tenant_isolation' ORDER BY 1, 2`);
    expect(policies.map((p) => [p['tablename'], p['policyname'], p['roles'], p['cmd']])).toEqual([
      ['api_keys', 'find_key', '{holdfast_owner}', 'SELECT'],
      ['approvals', 'claim_due', '{holdfast_owner}', 'UPDATE'],
      ['approvals', 'find_due', '{holdfast_owner}', 'SELECT'],
      ['blob_owners', 'retire_found', '{holdfast_owner}', 'SELECT'],
      ['cron_firings', 'claim_due', '{holdfast_owner}', 'UPDATE'],
      ['cron_firings', 'find_due', '{holdfast_owner}', 'SELECT'],
      ['cron_firings', 'retire', '{holdfast_owner}', 'DELETE'],
      ['crons', 'claim_due', '{holdfast_owner}', 'UPDATE'],
      ['crons', 'find_due', '{holdfast_owner}', 'SELECT'],
      ['deleted_runs', 'retire', '{holdfast_owner}', 'ALL'],
      ['idempotency_keys', 'retire', '{holdfast_owner}', 'DELETE'],
      ['idempotency_keys', 'retire_found', '{holdfast_owner}', 'SELECT'],
      ['posted_events', 'delete_expired', '{holdfast_owner}', 'DELETE'],
      ['posted_events', 'find_expired', '{holdfast_owner}', 'SELECT'],
      ['posted_events', 'wake_rest', '{holdfast_owner}', 'UPDATE'],
      ['run_events', 'measure', '{holdfast_owner}', 'SELECT'],
      ['runs', 'claim_due', '{holdfast_owner}', 'UPDATE'],
      ['runs', 'find_due', '{holdfast_owner}', 'SELECT'],
      ['slo_rollups', 'measure', '{holdfast_owner}', 'ALL'],
      ['slo_totals', 'measure', '{holdfast_owner}', 'ALL'],
      ['tenants', 'find_tenant', '{holdfast_owner}', 'SELECT'],
      ['thread_ttls', 'claim_due', '{holdfast_owner}', 'UPDATE'],
      ['thread_ttls', 'find_due', '{holdfast_owner}', 'SELECT'],
      ['waits', 'claim_due', '{holdfast_owner}', 'UPDATE'],
      ['waits', 'find_due', '{holdfast_owner}', 'SELECT'],
      ['waits', 'retire', '{holdfast_owner}', 'DELETE'],
    ]);
  });
});

describe('two tenants', () => {
  it('do not see, change or delete each other’s rows through the repositories', async () => {
    expect(await runs.get(a.scope, { runId: ofB.runId })).toBeNull();
    expect(await threads.get(a.scope, ofB.threadId)).toBeNull();
    expect(await threads.search(a.scope, { limit: 1_000 })).toEqual([]);
    expect(await threads.delete(a.scope, ofB.threadId)).toBe(false);
    expect(await threads.patch(a.scope, ofB.threadId, { metadata: { stolen: true } })).toBeNull();
    expect((await runs.cancelPending(a.scope, { ...ofB, reason: 'attack' })).kind).toBe('not-found');
    expect(await threads.copy(a.scope, { threadId: ofB.threadId, newThreadId: aRun().threadId })).toBeNull();
    expect((await runs.get(b.scope, { runId: ofB.runId }))?.status).toBe('pending');
  });

  it('may use the same ids', async () => {
    expect(await runs.createRun(a.scope, ofB)).toMatchObject({ kind: 'created', replayed: false });
    await threads.delete(a.scope, ofB.threadId);
    expect(await threads.get(b.scope, ofB.threadId)).not.toBeNull();
  });

  it('cannot write rows of another tenant', async () => {
    await expect(
      db.gateway.withTenant(a.scope, (tx) =>
        tx.query(`INSERT INTO executions.threads (tenant_id, thread_id) VALUES ($1, $2)`, [b.scope.tenantId, aRun().threadId]),
      ),
    ).rejects.toMatchObject({ code: 'INTERNAL', details: { sqlstate: '42501' } });
    await expect(
      db.gateway.withTenant(b.scope, (tx) => tx.query(`UPDATE executions.threads SET tenant_id = $1`, [a.scope.tenantId])),
    ).rejects.toMatchObject({ details: { sqlstate: '42501' } });
  });

  it.each(['GATEWAY', 'WORKER', 'OWNER'] as const)('are invisible to %s without a tenant', async (role) => {
    expect(await rowsOf(role, 'SELECT * FROM executions.threads')).toEqual([]);
    expect(await rowsOf(role, 'SELECT * FROM executions.run_events')).toEqual([]);
    // As left behind by an earlier transaction of the connection.
    expect(await rowsOf(role, `SELECT set_config('app.tenant_id', '', false), thread_id FROM executions.threads`)).toEqual([]);
  });

  it('keep ledgers of their own, also under the same ids', async () => {
    const single = db.open('TOOLS', 1);
    const calls = new ToolCallsRepository(single);
    const router = aRun().runId;
    await new ToolRoutersRepository(single).renew(router, 60_000);
    const { runId } = aRun();
    const call = { claim_no: 1, run_id: runId, call_id: '0', server: 's', tool: 't', effect: 'read' as const, arguments_sha256: 'x' };
    const end = { ...call, status: 'ok' as const, duration_ms: 1, bytes: 1, truncated: false, result: 'of b', lost: false };
    await calls.claim(b.scope, router, [call], '');
    expect(await calls.end(b.scope, router, [end])).toMatchObject([{ kind: 'ended' }]);
    expect(await single.system('look', (sql) => sql.query(`SELECT current_setting('app.tenant_id', true) AS tenant`))).toEqual([{ tenant: '' }]);
    // Neither the outcome nor the claim of the other is seen, and the other's cannot be ended.
    expect(await calls.claim(a.scope, router, [{ ...call, claim_no: 2 }], '')).toMatchObject([{ kind: 'claimed', fence: 1 }]);
    expect(await calls.list(b.scope, runId)).toMatchObject([{ status: 'ok' }]);
    expect(await calls.list(a.scope, runId)).toMatchObject([{ status: 'claimed' }]);
    // The functions have the caller's rights: policies hold inside them.
    const forge = (statement: string, params: unknown[]) => [
      () => single.withTenant(a.scope, (tx) => tx.query(statement, params)),
      () => single.system('forge', (sql) => sql.query(statement, params)),
    ];
    const forged = [
      ...forge('SELECT tools.claim_calls($1, $2, $3, $4)', [b.scope.tenantId, router, JSON.stringify([{ ...call, claim_no: 3, call_id: '1' }]), '']),
      ...forge('SELECT tools.record_refusals($1, $2)', [b.scope.tenantId, JSON.stringify([{ ...call, call_id: '1', code: 'X', duration_ms: 1 }])]),
    ];
    for (const attempt of forged) await expect(attempt()).rejects.toMatchObject({ details: { sqlstate: '42501' } });
    // A known row is invisible: nothing is ended, and nothing of it is told.
    for (const attempt of forge('SELECT tools.end_claims($1, $2, $3) AS replies', [b.scope.tenantId, router, JSON.stringify([{ ...end, status: 'error' }])])) {
      expect(await attempt()).toEqual([{ replies: [{ claim_no: 1, kind: 'ended' }] }]);
    }
    expect(await calls.list(b.scope, runId)).toMatchObject([{ call_id: '0', status: 'ok' }]);
  });

  it('leave nothing behind on the connection', async () => {
    const single = db.open('GATEWAY', 1);
    const repository = new RunsRepository(single);
    expect(await repository.get(b.scope, { runId: ofB.runId })).not.toBeNull();
    const setting = `SELECT current_setting('app.tenant_id', true) AS tenant`;
    expect(await single.system('look', (sql) => sql.query(setting))).toEqual([{ tenant: '' }]);
    await repository.createRun(b.scope, aRun());
    expect(await single.system('look', (sql) => sql.query(setting))).toEqual([{ tenant: '' }]);
    await expect(single.withTenant(b.scope, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    expect(await single.system('look', (sql) => sql.query(setting))).toEqual([{ tenant: '' }]);
    expect(await repository.get(a.scope, { runId: ofB.runId })).toBeNull();
  });

  it('need a real tenant id', async () => {
    await expect(runs.get({ tenantId: `x'; DROP TABLE t; --` }, { runId: ofB.runId })).rejects.toThrow(TypeError);
    await expect(runs.createRun({ tenantId: '' }, aRun())).rejects.toThrow(TypeError);
  });
});

describe('roles', () => {
  it.each([
    ['GATEWAY', 'SELECT hash FROM executions.api_keys'],
    ['GATEWAY', 'DELETE FROM executions.run_events'],
    ['GATEWAY', `UPDATE executions.run_events SET data = '{}'`],
    ['GATEWAY', 'TRUNCATE executions.runs'],
    ['GATEWAY', 'SELECT * FROM tools.tool_calls'],
    ['GATEWAY', `SELECT tools.record_refusals('', '[]')`],
    ['GATEWAY', 'SELECT * FROM tools.routers'],
    ['GATEWAY', 'SELECT * FROM events.stream_state'],
    ['GATEWAY', 'SELECT * FROM executions.slo_totals'],
    ['GATEWAY', 'DELETE FROM executions.slo_rollups'],
    ['GATEWAY', `SELECT executions.measure_slo(now(), now(), '{}')`],
    ['WORKER', 'SELECT * FROM executions.slo_rollups'],
    ['WORKER', 'SELECT * FROM executions.api_keys'],
    ['WORKER', `SELECT * FROM executions.claim_due_deliveries(1, interval '1 s')`],
    ['WORKER', `SELECT * FROM executions.authenticate('x')`],
    ['WORKER', 'DELETE FROM executions.run_events'],
    ['WORKER', `SELECT tools.claim_calls('', NULL, '[]', '')`],
    ['WORKER', `SELECT tools.end_claims('', NULL, '[]')`],
    ['WORKER', `SELECT tools.renew_router(NULL, 1)`],
    ['TOOLS', 'SELECT * FROM executions.threads'],
    ['TOOLS', 'DELETE FROM tools.tool_calls'],
    ['RELAY', 'SELECT * FROM executions.threads'],
    ['RELAY', `UPDATE executions.run_events SET data = '{}'`],
    ['RELAY', 'DELETE FROM executions.run_events'],
  ] as const)('%s may not: %s', async (role, sql) => {
    await expect(rowsOf(role, sql)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('API keys', () => {
  it('stand for their tenant until they are revoked', async () => {
    const known = await keys.authenticate(a.apiKey);
    expect(known).toMatchObject({ tenantId: a.scope.tenantId, principalId: 'tester', roles: ['admin'] });
    expect(await keys.authenticate(`${a.apiKey.slice(0, -1)}0`.replace(/0$/, a.apiKey.endsWith('0') ? '1' : '0'))).toBeNull();
    expect(await keys.authenticate('')).toBeNull();
    expect(await keys.authenticate(`hf_${known?.keyId}_`)).toBeNull();
    expect(await keys.revoke(b.scope, known?.keyId ?? '')).toBe(false);
    expect(await keys.authenticate(a.apiKey)).not.toBeNull();
    expect(await keys.revoke(a.scope, known?.keyId ?? '')).toBe(true);
    expect(await keys.authenticate(a.apiKey)).toBeNull();
  });

  it('are not stored', async () => {
    const found = await asOwner((owner) =>
      owner.query(`SELECT FROM executions.api_keys k WHERE k::text LIKE '%' || $1 || '%'`, [b.apiKey.split('_')[2]]),
    );
    expect(found.rowCount).toBe(0);
  });
});
