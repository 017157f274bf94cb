import { setTimeout as sleep } from 'node:timers/promises';
import { eventId } from '@holdfast/contracts/events';
import { subjectFor } from '@holdfast/contracts/nats';
import { readJournal, type StoredEvent } from '../src/database';
import { readFacts } from '../src/fact-stream';
import { countOpenRuns, startWatchedRun, streamPath, WATCHED_MODES, type WatchedRun } from '../src/load';
import { answerOf, messagesOf } from '../src/messages';
import { view } from '../src/stream-viewer';
import { killHard, restarts, untilAllReady, untilBack } from '../src/supervised';
import { aTenant, sdkClient, type TestTenant } from '../src/tenant';
import { faultsOfViewing } from '../src/viewing';
import { waitUntil } from '../src/wait-until';
import { listExecutions } from '../src/workflows';
import { SAMPLE_QUESTION } from '../src/workspace';

const VICTIMS = ['worker', 'api-gateway', 'tool-router', 'event-bridge', 'temporal', 'nats', 'redis', 'postgres'] as const;
const RUNS_UNDER_WAY = 20;
const SDK_VIEWERS = 3;
/** Wait of the development model before each of about nine answers. */
const SLOW_MS = 4_000;
/** Work between two kills. */
const PAUSE_MS = 1_500;
const LONGEST_MS = 240_000;

interface SdkViewing {
  readonly run: WatchedRun;
  readonly events: Promise<{ id?: string | undefined; event: string; data: unknown }[]>;
}

/** Which tools answered, how; a README that is not there is an error also when nothing is killed. */
function toolOutcomes(values: unknown): string[] {
  return messagesOf(values)
    .filter((message) => message.type === 'tool')
    .map((message) => `${message.name} ${message.status}`)
    .sort();
}

describe('it must survive', () => {
  let tenant: TestTenant;
  let expectedAnswer: string;
  let expectedTools: string[];
  let before: Record<string, number>;
  const begun = performance.now();
  const giveUp = AbortSignal.timeout(LONGEST_MS);
  const runs: WatchedRun[] = [];
  const sdkViewings: SdkViewing[] = [];
  const say = (line: string): void => void process.stdout.write(`  ${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);

  beforeAll(async () => {
    await untilAllReady();
    tenant = await aTenant('survive');
    const undisturbed = await tenant.client.runs.wait(null, 'plan-execute-review', { input: { messages: [{ role: 'user', content: SAMPLE_QUESTION }] } });
    expectedAnswer = answerOf(undisturbed);
    expectedTools = toolOutcomes(undisturbed);
    before = restarts();
  });
  afterAll(() => untilAllReady());

  /** Keeps so many runs going; those that ended are replaced. */
  async function topUp(): Promise<number> {
    const open = await countOpenRuns(tenant.tenantId);
    const missing = Math.max(0, RUNS_UNDER_WAY - open);
    for (let i = 0; i < missing; i += 1) runs.push(await startWatchedRun(tenant, runs.length, SLOW_MS, giveUp));
    return open + missing;
  }

  function watchWithSdk(run: WatchedRun): SdkViewing {
    const events = (async () => {
      const seen: { id?: string | undefined; event: string; data: unknown }[] = [];
      for await (const { id, event, data } of sdkClient(tenant.apiKey, 4).runs.joinStream(run.threadId, run.runId, { streamMode: [...WATCHED_MODES] })) seen.push({ id, event, data });
      return seen;
    })();
    events.catch(() => undefined);
    return { run, events };
  }

  it('kill -9 of every process, one after the other, with 20 runs under way: each run ends well', async () => {
    expect(expectedTools.length).toBeGreaterThan(10);
    await topUp();
    sdkViewings.push(...runs.slice(0, SDK_VIEWERS).map(watchWithSdk));
    for (const victim of VICTIMS) {
      await sleep(PAUSE_MS);
      const underWay = await topUp();
      const killedAt = performance.now();
      const pid = killHard(victim);
      await untilBack(victim, pid);
      say(`kill -9 ${victim.padEnd(12)} with ${underWay} runs under way: serves again after ${((performance.now() - killedAt) / 1000).toFixed(1)} s`);
      expect(underWay).toBeGreaterThanOrEqual(RUNS_UNDER_WAY);
    }
    await waitUntil('no run is under way', async () => (await countOpenRuns(tenant.tenantId)) === 0, { timeoutMs: 120_000, everyMs: 500 });
    say(`all ${runs.length} runs have ended`);
    await untilAllReady();
  }, LONGEST_MS);

  it('nothing died but what was killed', () => {
    const now = restarts();
    const died = Object.fromEntries(Object.keys(now).map((name) => [name, (now[name] ?? 0) - (before[name] ?? 0)]));
    expect(died).toEqual(Object.fromEntries(Object.keys(now).map((name) => [name, (VICTIMS as readonly string[]).includes(name) ? 1 : 0])));
  });

  it('every run is complete and correct', async () => {
    const faults: string[] = [];
    for (const { threadId, runId } of runs) {
      const { status } = await tenant.client.runs.get(threadId, runId);
      const { values } = await tenant.client.threads.getState(threadId);
      const messages = messagesOf(values);
      const answered = messages.filter((message) => message.type === 'tool').map((message) => message.tool_call_id);
      const asked = messages.flatMap((message) => message.tool_calls ?? []).map((call) => call.id);
      if (status !== 'success') faults.push(`${runId}: ${status}`);
      else if (answerOf(values) !== expectedAnswer) faults.push(`${runId}: another answer: ${answerOf(values).slice(0, 300)}`);
      else if (JSON.stringify(answered.sort()) !== JSON.stringify(asked.sort())) faults.push(`${runId}: tool results do not match calls`);
      else if (JSON.stringify(toolOutcomes(values)) !== JSON.stringify(expectedTools)) faults.push(`${runId}: other tool results: ${toolOutcomes(values).join(', ')}`);
    }
    expect(faults).toEqual([]);
  }, 60_000);

  it('the journal of every run is gapless, in order, and tells every step and tool call once', async () => {
    const journal = await readJournal(tenant.tenantId);
    for (const { runId } of runs) {
      const rows = journal.filter((row) => row.run_id === runId);
      expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index + 1));
      expect([rows[0]?.type, rows.at(-1)?.type]).toEqual(['run.created.v1', 'run.completed.v1']);
      expect(rows.filter((row) => row.type.startsWith('run.completed'))).toHaveLength(1);
      const calls = rows.filter((row) => row.type === 'tool.called.v1').map((row) => (row.data as { call_id: string }).call_id);
      expect(new Set(calls).size).toBe(calls.length);
      expect(calls).toHaveLength(expectedTools.length);
      const checkpoints = rows.flatMap((row) => (row.type === 'run.step-completed.v1' ? [(row.data as { checkpoint_id: string | null }).checkpoint_id] : [])).filter((id) => id !== null);
      expect(new Set(checkpoints).size).toBe(checkpoints.length);
    }
  });

  it('JetStream holds every journal row exactly once, in order', async () => {
    const journal = await waitUntil('every row is relayed', async () => {
      const rows = await readJournal(tenant.tenantId);
      return rows.every((row) => row.published_at !== null) && rows;
    }, { timeoutMs: 30_000 });
    const facts = await readFacts(tenant.tenantId);
    const byId = new Map<string, StoredEvent>(journal.map((row) => [eventId(row.run_id, row.seq), row]));
    expect(facts.map(({ event }) => event.id).sort()).toEqual([...byId.keys()].sort());
    const next = new Map<string, number>();
    for (const { event, subject } of facts) {
      const row = byId.get(event.id);
      expect(event).toMatchObject({ type: row?.type, seq: row?.seq, time: row?.time.toISOString(), tenantid: tenant.tenantId });
      if (event.data !== undefined) expect(event.data).toEqual(row?.data);
      expect(subject).toBe(subjectFor({ tenantId: tenant.tenantId, runId: event.runid, type: event.type }));
      expect(event.seq).toBe(next.get(event.runid) ?? 1);
      next.set(event.runid, event.seq + 1);
    }
    say(`${facts.length} facts of ${next.size} runs are in the stream, each once`);
  });

  it('every viewer saw every event once and read every message whole', async () => {
    const totals = { dropped: 0, droppedInsideEvent: 0, lost: 0, refused: 0, ended: 0 };
    for (const run of runs) {
      const viewing = await run.viewing;
      for (const how of Object.keys(totals) as (keyof typeof totals)[]) totals[how] += viewing.connections[how];
      const fresh = await view({ apiKey: tenant.apiKey, path: streamPath(run), lastEventId: '-1', signal: AbortSignal.timeout(20_000) });
      const { values } = await tenant.client.threads.getState(run.threadId);
      expect({ run: run.runId, faults: faultsOfViewing(viewing.events, fresh.events, values) }).toEqual({ run: run.runId, faults: [] });
    }
    say(`connections of ${runs.length} viewers, by their end: ${JSON.stringify(totals)}`);
    expect(totals.dropped).toBeGreaterThan(runs.length * 5);
    expect(totals.droppedInsideEvent).toBeGreaterThan(runs.length);
    expect(totals.lost + totals.refused).toBeGreaterThan(0);
  }, 60_000);

  it('so did the viewers of the unmodified SDK', async () => {
    for (const { run, events } of sdkViewings) {
      const fresh = await view({ apiKey: tenant.apiKey, path: streamPath(run), lastEventId: '-1', signal: AbortSignal.timeout(20_000) });
      const { values } = await tenant.client.threads.getState(run.threadId);
      expect({ run: run.runId, faults: faultsOfViewing(await events, fresh.events, values) }).toEqual({ run: run.runId, faults: [] });
    }
  });

  it('no workflow is left open', async () => {
    await waitUntil('all executions are closed', async () => (await listExecutions(tenant.tenantId)).every((execution) => execution.status !== 'RUNNING'), { timeoutMs: 30_000, everyMs: 500 });
    const executions = await listExecutions(tenant.tenantId);
    expect(new Set(executions.map((execution) => execution.status))).toEqual(new Set(['COMPLETED']));
    for (const run of runs) expect(executions.filter((execution) => execution.workflowId.endsWith(run.threadId))).toHaveLength(1);
    say('done');
  }, 60_000);
});
