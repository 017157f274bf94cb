import { randomUUID } from 'node:crypto';
import { provisionTenant } from '@holdfast/persistence/provisioning';
import pg from 'pg';
import { ApiClient, type Answer } from './api-client';
import { PlayedWorker, env, startTestGateway, testConfig } from './gateway-fixture';

// Decisions on the real rows, through two gateways; a played worker asks, and Temporal may be away: the run of a decision is a row.

interface Seen extends Record<string, unknown> {
  readonly approval_id: string;
  readonly shown_hash: string;
  readonly policy_version: string;
}

describe('decisions through two gateways', () => {
  let gateways: Awaited<ReturnType<typeof startTestGateway>>[];
  let worker: PlayedWorker;
  let graphId: string;
  let tenantId: string;
  let slug: string;
  let owner: pg.Client;
  /** The author of all runs. */
  let author: ApiClient;

  /** A principal of the tenant, at either gateway. One after the other: they share a connection. */
  async function person(principalId: string, roles: string[] = [], at = 0): Promise<ApiClient> {
    const made = await provisionTenant(owner, { slug, name: slug, principalId, roles });
    tenantId = made.tenantId;
    return new ApiClient(gateways[at]?.url ?? '', made.apiKey);
  }

  beforeAll(async () => {
    worker = new PlayedWorker();
    owner = new pg.Client({ connectionString: env('DATABASE_URL_OWNER') });
    await owner.connect();
    slug = `gw-${randomUUID()}`;
    const config = testConfig({ DATABASE_URL: env('DATABASE_URL_GATEWAY'), NATS_URL: env('NATS_URL') });
    [graphId, gateways] = await Promise.all([worker.registerGraph(), Promise.all([startTestGateway(config), startTestGateway(config)])]);
    author = await person('author');
  }, 60_000);
  afterAll(async () => {
    await Promise.all([...gateways.map((gateway) => gateway.close()), worker.close(), owner.end()]);
  }, 30_000);

  /** A run of the author that waits for an approval. */
  async function asked(policy: Record<string, unknown> = {}): Promise<Seen> {
    const { body } = await author.call('POST', '/runs', { assistant_id: graphId, on_completion: 'keep' });
    const ref = { tenantId, threadId: String(body['thread_id']), runId: String(body['run_id']) };
    await worker.begin(ref);
    const interrupts = { task: [{ id: randomUUID(), value: { kind: 'approval', action: 'pay', args: { amount: 1 }, policy } }] };
    const end = { status: 'interrupted', steps: 1, interrupts } as const;
    const tasks = [{ id: 'task', name: 'ask', interrupts: interrupts.task }];
    const checkpoint = { checkpointId: randomUUID(), parentCheckpointId: null, step: 0, source: 'loop', values: {}, next: ['ask'], tasks, metadata: {}, saved: '{}' } as const;
    await worker.journal.commitProgress({ tenantId }, { ...ref, commit: 1, events: [], checkpoints: [checkpoint], end });
    const [seen] = (await author.call('GET', `/approvals?run_id=${ref.runId}`)).body as unknown as Seen[];
    if (seen === undefined) throw new Error('no approval');
    return seen;
  }

  const decide = (who: ApiClient, seen: Seen, how = 'approve', more: Record<string, unknown> = {}): Promise<Answer> =>
    who.call('POST', `/approvals/${seen.approval_id}/${how}`, { shown_hash: seen.shown_hash, policy_version: seen.policy_version, ...more });
  const codeOf = ({ status, body }: Answer): unknown[] => [status, body['code'] ?? body['status']];
  const entriesOf = async (seen: Seen): Promise<unknown[]> =>
    ((await author.call('GET', `/approvals/${seen.approval_id}`)).body['entries'] as Record<string, unknown>[]).map((entry) => [entry['principal_id'], entry['kind'], entry['code']]);

  it('of eight at the same moment make one run; the others stay visible', async () => {
    const people: ApiClient[] = [];
    for (let n = 0; n < 8; n += 1) people.push(await person(`p${n}`, [], n % 2));
    const seen = await asked();
    const answers = await Promise.all(people.map((who, n) => decide(who, seen, n % 2 === 0 ? 'approve' : 'reject')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 200).map(codeOf)).toEqual(Array.from({ length: 7 }, () => [409, 'APPROVAL_CLOSED']));
    expect(await entriesOf(seen)).toHaveLength(8);
    expect((await author.call('GET', `/threads/${String(seen['thread_id'])}/runs`)).body).toHaveLength(2);
  });

  it('are refused when they are foreign, on other arguments, repeated or late, and stay visible', async () => {
    const lead = await person('lead', ['lead']);
    const second = await person('second', ['lead'], 1);
    const member = await person('member');
    const seen = await asked({ roles: ['lead'], quorum: 3, fourEyes: true, deadlineMs: 60_000 });
    expect(codeOf(await decide(await person('author', ['lead']), seen))).toEqual([403, 'APPROVAL_FOUR_EYES']);
    expect(codeOf(await decide(member, seen))).toEqual([403, 'APPROVAL_NOT_PERMITTED']);
    expect(codeOf(await decide(lead, seen, 'approve', { shown_hash: 'f'.repeat(64) }))).toEqual([409, 'APPROVAL_CHANGED']);
    expect(codeOf(await decide(lead, seen, 'approve', { policy_version: '2' }))).toEqual([409, 'APPROVAL_CHANGED']);
    expect(codeOf(await decide(lead, seen))).toEqual([200, 'pending']);
    expect(codeOf(await decide(lead, seen))).toEqual([409, 'APPROVAL_REPEATED']);
    expect(codeOf(await decide(second, seen, 'edit', { args: { amount: 2 } }))).toEqual([200, 'pending']);
    expect(codeOf(await decide(second, seen, 'reject'))).toEqual([409, 'APPROVAL_CHANGED']);
    // The row is held, so that the clock's round passes over it: the decision itself finds the deadline gone.
    await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [tenantId]);
    await owner.query(`UPDATE executions.approvals SET deadline_at = now(), leased_until = now() + interval '1 hour' WHERE approval_id = $1`, [seen.approval_id]);
    expect(codeOf(await decide(lead, seen))).toEqual([409, 'APPROVAL_EXPIRED']);
    expect(await entriesOf(seen)).toEqual([
      ['author', 'approve', 'APPROVAL_FOUR_EYES'],
      ['member', 'approve', 'APPROVAL_NOT_PERMITTED'],
      ['lead', 'approve', 'APPROVAL_CHANGED'],
      ['lead', 'approve', 'APPROVAL_CHANGED'],
      ['lead', 'approve', null],
      ['lead', 'approve', 'APPROVAL_REPEATED'],
      ['second', 'edit', null],
      ['second', 'reject', 'APPROVAL_CHANGED'],
      ['lead', 'approve', 'APPROVAL_EXPIRED'],
    ]);
  });

  it('at the deadline come from the clock, once, whichever gateway looks', async () => {
    const seen = await Promise.all(Array.from({ length: 5 }, () => asked({ deadlineMs: 1_000, onDeadline: 'approve' })));
    const settled = async (): Promise<Record<string, unknown>[]> => Promise.all(seen.map(async ({ approval_id: id }) => (await author.call('GET', `/approvals/${id}`)).body));
    for (const limit = Date.now() + 15_000; Date.now() < limit; ) {
      if ((await settled()).every((approval) => approval['status'] !== 'pending')) break;
      await new Promise((done) => setTimeout(done, 100));
    }
    expect((await settled()).map((approval) => [approval['status'], approval['outcome']])).toEqual(seen.map(() => ['approved', 'deadline']));
    for (const one of seen) expect((await author.call('GET', `/threads/${String(one['thread_id'])}/runs`)).body).toHaveLength(2);
  }, 30_000);

  it('go to nobody who is not there, and to nobody of another tenant', async () => {
    const seen = await asked();
    const stranger = await provisionTenant(owner, { slug: `gw-${randomUUID()}`, name: 'other', principalId: 'stranger', roles: [] });
    const outside = new ApiClient(gateways[0]?.url ?? '', stranger.apiKey);
    for (const to of ['stranger', 'nobody', 'author']) {
      expect((await author.call('POST', `/approvals/${seen.approval_id}/delegate`, { to })).body).toMatchObject({ status: 422, errors: [{ path: 'to' }] });
    }
    expect(codeOf(await decide(outside, seen))).toEqual([404, 'NOT_FOUND']);
    expect(codeOf(await outside.call('POST', `/approvals/${seen.approval_id}/delegate`, { to: 'stranger' }))).toEqual([404, 'NOT_FOUND']);
    expect((await outside.call('GET', '/approvals')).body).toEqual([]);
    expect(await entriesOf(seen)).toEqual([]);
  });
});
