import { setTimeout as sleep } from 'node:timers/promises';
import { eventId } from '@holdfast/contracts/events';
import { readJournal } from '../src/database';
import { readFacts } from '../src/fact-stream';
import { countOpenRuns, startWatchedRun, streamPath, type WatchedRun } from '../src/load';
import { answerOf } from '../src/messages';
import { view } from '../src/stream-viewer';
import { killHard, untilAllReady, untilBack } from '../src/supervised';
import { aTenant, type TestTenant } from '../src/tenant';
import { faultsOfViewing } from '../src/viewing';
import { waitUntil } from '../src/wait-until';
import { SAMPLE_QUESTION } from '../src/workspace';

const EVERYTHING = ['postgres', 'nats', 'redis', 'temporal', 'everything-mcp', 'dev-model', 'tool-router', 'event-bridge', 'worker', 'api-gateway'];
const RUNS = 8;
const SLOW_MS = 700;
const LONGEST_MS = 150_000;

describe('everything is killed at the same instant', () => {
  let tenant: TestTenant;
  let expectedAnswer: string;
  const runs: WatchedRun[] = [];
  beforeAll(async () => {
    await untilAllReady();
    tenant = await aTenant('power-cut');
    expectedAnswer = answerOf(await tenant.client.runs.wait(null, 'plan-execute-review', { input: { messages: [{ role: 'user', content: SAMPLE_QUESTION }] } }));
  }, 60_000);
  afterAll(() => untilAllReady());

  it('every run goes on where it was, and ends as if nothing had happened', async () => {
    const giveUp = AbortSignal.timeout(LONGEST_MS);
    for (let n = 0; n < RUNS; n += 1) runs.push(await startWatchedRun(tenant, n, SLOW_MS, giveUp));
    await sleep(3_500);
    expect(await countOpenRuns(tenant.tenantId)).toBe(RUNS);
    const killedAt = performance.now();
    const pids = EVERYTHING.map((name) => [name, killHard(name)] as const);
    await Promise.all(pids.map(([name, pid]) => untilBack(name, pid)));
    process.stdout.write(`  everything serves again ${((performance.now() - killedAt) / 1000).toFixed(1)} s after the kill\n`);
    await waitUntil('no run is under way', async () => (await countOpenRuns(tenant.tenantId)) === 0, { timeoutMs: 90_000, everyMs: 250 });
    process.stdout.write(`  all runs have ended ${((performance.now() - killedAt) / 1000).toFixed(1)} s after the kill\n`);

    for (const run of runs) {
      const { values } = await tenant.client.threads.getState(run.threadId);
      expect({ run: run.runId, status: (await tenant.client.runs.get(run.threadId, run.runId)).status }).toEqual({ run: run.runId, status: 'success' });
      expect(answerOf(values)).toBe(expectedAnswer);
      const fresh = await view({ apiKey: tenant.apiKey, path: streamPath(run), lastEventId: '-1', signal: AbortSignal.timeout(20_000) });
      expect({ run: run.runId, faults: faultsOfViewing((await run.viewing).events, fresh.events, values) }).toEqual({ run: run.runId, faults: [] });
    }
    const journal = await waitUntil('every row is relayed', async () => {
      const rows = await readJournal(tenant.tenantId);
      return rows.every((row) => row.published_at !== null) && rows;
    }, { timeoutMs: 30_000 });
    expect((await readFacts(tenant.tenantId)).map(({ event }) => event.id).sort()).toEqual(journal.map((row) => eventId(row.run_id, row.seq)).sort());
  }, LONGEST_MS + 30_000);
});
