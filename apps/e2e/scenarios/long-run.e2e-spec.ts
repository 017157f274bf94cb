import { asTenant, readJournal } from '../src/database';
import { usageOf } from '../src/process-usage';
import { view } from '../src/stream-viewer';
import { killHard, processOf, untilBack } from '../src/supervised';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';
import { historySizes } from '../src/workflows';

/** Supersteps, and of how many one calls a tool; the whole proof is `LONG_RUN=10000,10`, figures in docs/benchmarks.md. */
const [STEPS = 1_000, EVERY = 3] = (process.env['LONG_RUN'] ?? '').split(',').filter(Boolean).map(Number);
const LOOKS = 10;
/** A superstep may take so long on a busy machine, ms. */
const PER_STEP_MS = 60;
const PAGE = 1_000;
const TIMEOUT_MS = 30_000 + 2 * STEPS * PER_STEP_MS;

const say = (line: string): void => void process.stdout.write(`  ${line}\n`);

describe(`a run of ${STEPS} supersteps`, () => {
  let tenant: TestTenant;
  let threadId: string;
  let runId: string;
  beforeAll(async () => {
    tenant = await aTenant('long-run');
  });

  /** Checkpoints of the thread, and the bytes that they take in PostgreSQL. */
  function checkpoints(): Promise<{ count: number; bytes: number }> {
    return asTenant(tenant.tenantId, async (owner) => {
      const { rows } = await owner.query<{ count: number; bytes: number }>(
        'SELECT count(*)::int AS count, coalesce(sum(pg_column_size(c.*)), 0)::int AS bytes FROM executions.checkpoints c WHERE tenant_id = $1 AND thread_id = $2',
        [tenant.tenantId, threadId],
      );
      return rows[0]!;
    });
  }

  it('ends well with its worker killed on the way, in histories of one size', async () => {
    threadId = (await tenant.client.threads.create()).thread_id;
    const input = { steps: STEPS, every: EVERY };
    ({ run_id: runId } = await tenant.client.runs.create(threadId, 'long-run', { input, config: { recursion_limit: STEPS + 1 } }));
    let before = { ...usageOf(processOf('worker').pid), count: 0, at: performance.now() };
    for (let look = 1; look <= LOOKS; look += 1) {
      const { count } = await waitUntil(
        `${look} of ${LOOKS} parts are done`,
        async () => {
          const found = await checkpoints();
          return found.count >= (look * STEPS) / LOOKS && found;
        },
        { timeoutMs: (2 * STEPS * PER_STEP_MS) / LOOKS + 20_000, everyMs: 250 },
      );
      const now = { ...usageOf(processOf('worker').pid), count, at: performance.now() };
      const steps = now.count - before.count;
      const per = (ms: number): string => (ms / steps).toFixed(2);
      say(`superstep ${count}: ${per(now.cpuMs - before.cpuMs)} ms of worker CPU and ${per(now.at - before.at)} ms each, worker ${now.residentMiB} MiB`);
      before = now;
      if (look === LOOKS / 2) {
        await untilBack('worker', killHard('worker'));
        before = { ...usageOf(processOf('worker').pid), count: (await checkpoints()).count, at: performance.now() };
      }
    }
    await waitUntil('it is over', async () => (await tenant.client.runs.get(threadId, runId)).status === 'success', { timeoutMs: 60_000 });

    const { values } = await tenant.client.threads.getState<{ step: number; sum: number }>(threadId);
    expect(values).toMatchObject({ step: STEPS, sum: (STEPS * (STEPS - 1)) / 2 });
    const journal = await readJournal(tenant.tenantId, runId);
    expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, i) => i + 1));
    expect(journal.filter(({ type }) => type === 'tool.called.v1')).toHaveLength(Math.ceil(STEPS / EVERY));

    const histories = await historySizes(tenant.tenantId, threadId);
    say(`executions: ${histories.map(({ events, bytes }) => `${events} events, ${Math.round(bytes / 1_000)} KB`).join('; ')}`);
    // 500 supersteps each
    expect(histories.length).toBeGreaterThanOrEqual(Math.max(2, Math.floor(STEPS / 500)));
    for (const { events } of histories) expect(events).toBeLessThan(2_000);
    const { count, bytes } = await checkpoints();
    say(`${count} checkpoints of ${Math.round(bytes / count)} bytes; ${journal.length} rows in the journal`);
    expect(count).toBe(STEPS + 2);
  }, TIMEOUT_MS);

  it('is read in pages, from the newest to the first, and told from the beginning', async () => {
    const { client, apiKey } = tenant;
    const seen = new Set<string>();
    let slowestMs = 0;
    let before: { configurable: { checkpoint_id: string } } | undefined;
    for (let pages = 0; pages <= STEPS / PAGE + 1; pages += 1) {
      const begun = performance.now();
      const page = await client.threads.getHistory(threadId, { limit: PAGE, ...(before === undefined ? {} : { before }) });
      slowestMs = Math.max(slowestMs, performance.now() - begun);
      for (const { checkpoint } of page) seen.add(checkpoint.checkpoint_id!);
      const last = page.at(-1)?.checkpoint.checkpoint_id;
      if (last == null || page.length < PAGE) break;
      before = { configurable: { checkpoint_id: last } };
    }
    expect(seen.size).toBe(STEPS + 2);
    say(`pages of ${PAGE} states, the slowest ${Math.round(slowestMs)} ms`);

    const begun = performance.now();
    const path = `/threads/${threadId}/runs/${runId}/stream?stream_mode=updates`;
    const { events } = await view({ apiKey, path, lastEventId: '-1', signal: AbortSignal.timeout(TIMEOUT_MS / 2) });
    expect(events.filter(({ event }) => event === 'updates')).toHaveLength(STEPS);
    say(`${events.length} frames told again in ${Math.round(performance.now() - begun)} ms`);
  }, TIMEOUT_MS);
});
