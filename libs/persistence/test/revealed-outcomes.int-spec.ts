import { v7 } from 'uuid';
import { EVENT_CATALOGUE } from '@holdfast/contracts/events';
import {
  RetentionRepository,
  RunJournal,
  RunsRepository,
  ThreadsRepository,
  ToolCallsRepository,
  ToolRoutersRepository,
  type TenantScope,
  type ToolCallClaim,
  type ToolCallEnd,
} from '../src/index';
import { aCommit, aRun, asOwner, aTenant, Fixture, ScratchDatabase, type Role } from './support';

// Of its own: a test deletes what has outlived its use, of all tenants.
let scratch: ScratchDatabase;
let db: Fixture;
let scope: TenantScope;
let runs: RunsRepository;
let threads: ThreadsRepository;
let journal: RunJournal;
let calls: ToolCallsRepository;
let routers: ToolRoutersRepository;
const address = (role: Role): string => scratch.url(role);

beforeAll(async () => {
  scratch = await ScratchDatabase.create();
  db = new Fixture(address);
  const tools = db.open('TOOLS');
  [runs, threads, journal] = [new RunsRepository(db.gateway), new ThreadsRepository(db.gateway), new RunJournal(db.worker)];
  [calls, routers] = [new ToolCallsRepository(tools), new ToolRoutersRepository(tools)];
  ({ scope } = await aTenant(address));
}, 60_000);
afterAll(async () => {
  await db.close();
  await scratch.drop();
});

interface Row {
  readonly run_id: string;
  readonly seq: number;
  readonly type: string;
  readonly data: unknown;
}

async function sql(text: string, ...params: unknown[]): Promise<Row[]> {
  return asOwner(async (owner) => {
    await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [scope.tenantId]);
    return (await owner.query<Row>(text, params)).rows;
  }, address);
}
const REVEALED = `SELECT run_id, seq, type, data FROM executions.run_events WHERE thread_id = $1 AND type LIKE 'tool.%' ORDER BY seq`;
/** What the journal tells of a thread's calls beside what its runs did. */
const revealed = (threadId: string) => sql(REVEALED, threadId);

/** A run that has ended: a person was asked in between. */
async function anEndedRun(): Promise<{ runId: string; threadId: string }> {
  const input = aRun();
  const { runId, threadId } = input;
  await runs.createRun(scope, input);
  const ref = { tenantId: scope.tenantId, threadId, runId };
  await journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w1', buildId: 'build' });
  await journal.commitProgress(scope, aCommit(ref, 1, { end: { status: 'interrupted', steps: 1 } }));
  return { runId, threadId };
}

let numbers = 0;

/** A call of a router that is taken for dead while it makes it. @returns its claim, and the router */
async function leftBehind(over: Pick<ToolCallClaim, 'run_id'> & Partial<ToolCallClaim>): Promise<{ claim: ToolCallClaim; router: string; found: string }> {
  const [router, other] = [v7(), v7()];
  for (const id of [router, other]) await routers.renew(id, 60_000);
  const claim = { claim_no: (numbers += 1), call_id: 'c', server: 's', tool: 't', effect: 'irreversible', arguments_sha256: 'x', ...over } as const;
  await calls.claim(scope, router, [claim], '{}');
  await routers.renew(router, 0);
  const [reply] = await calls.claim(scope, other, [{ ...claim, claim_no: (numbers += 1) }], '{}');
  return { claim, router, found: reply!.kind };
}
const endOf = ({ claim_no, run_id, call_id }: ToolCallClaim, over: Partial<ToolCallEnd> = {}): ToolCallEnd => ({
  claim_no, run_id, call_id, status: 'ok', duration_ms: 1.5, bytes: 1, truncated: false, result: '"r"', lost: false, ...over,
});

describe('a call whose outcome nobody knew', () => {
  it('that ends after all is told in the journal, once, and keeps what stands', async () => {
    const { runId, threadId } = await anEndedRun();
    const { claim, router, found } = await leftBehind({ run_id: runId });
    expect([found, await revealed(threadId)]).toEqual(['unknown', []]);
    for (let times = 0; times < 2; times += 1) {
      expect(await calls.end(scope, router, [endOf(claim)])).toMatchObject([{ kind: 'fenced', stored: { outcome: { code: 'TOOL_OUTCOME_UNKNOWN' } } }]);
    }
    const rows = await revealed(threadId);
    const data = { run_id: runId, call_id: 'c', status: 'ok', attempt: `${router}/${claim.claim_no}` };
    expect(rows).toMatchObject([{ seq: 1, type: 'tool.outcome-revealed.v1', data }]);
    expect(EVENT_CATALOGUE['tool.outcome-revealed.v1'].parse(rows[0]!.data)).toEqual(rows[0]!.data);
    // The run's own journal has ended with its last row.
    expect(rows[0]!.run_id).not.toBe(runId);
    expect(await calls.list(scope, runId)).toMatchObject([{ status: 'error', code: 'TOOL_OUTCOME_UNKNOWN' }]);
  });

  it('is told of beside others of its run, each with a number', async () => {
    const { runId, threadId } = await anEndedRun();
    const left = await Promise.all(['a', 'b', 'c'].map((call_id) => leftBehind({ run_id: runId, call_id })));
    await Promise.all(left.map(({ claim, router }) => calls.end(scope, router, [endOf(claim, { status: 'error', code: 'TOOL_FAILED' })])));
    const rows = await revealed(threadId);
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(new Set(rows.map(({ run_id }) => run_id)).size).toBe(1);
    expect(rows.map(({ data }) => data)).toMatchObject(rows.map(() => ({ status: 'error', code: 'TOOL_FAILED' })));
  });

  it.each([
    ['is as unknown to the router that made it', {}, { status: 'error', code: 'TOOL_OUTCOME_UNKNOWN' }],
    ['never reached its tool', {}, { status: 'open' }],
    ['was made again, which its repeat says', { effect: 'idempotent' }, {}],
  ] as const)('is not told of when it %s', async (_, claimed, ended) => {
    const { runId, threadId } = await anEndedRun();
    const { claim, router } = await leftBehind({ run_id: runId, ...claimed });
    expect(await calls.end(scope, router, [endOf(claim, ended)])).toMatchObject([{ kind: 'fenced' }]);
    expect(await revealed(threadId)).toEqual([]);
  });

  it('is not told of when its run is gone, and what was told goes with the run’s journal', async () => {
    const { runId, threadId } = await anEndedRun();
    const [early, late] = [await leftBehind({ run_id: runId, call_id: 'early' }), await leftBehind({ run_id: runId, call_id: 'late' })];
    await calls.end(scope, early.router, [endOf(early.claim)]);
    await threads.delete(scope, threadId);
    expect(await calls.end(scope, late.router, [endOf(late.claim)])).toMatchObject([{ kind: 'fenced' }]);
    expect(await revealed(threadId)).toMatchObject([{ data: { call_id: 'early' } }]);
    await sql('UPDATE executions.run_events SET published_at = now()');
    await sql(`UPDATE executions.deleted_runs SET deleted_at = deleted_at - interval '2 days'`);
    await new RetentionRepository(db.gateway).deleteJournal({ limit: 1_000, keptDays: 1 });
    expect(await sql('SELECT FROM executions.run_events WHERE thread_id = $1', threadId)).toEqual([]);
  });
});
