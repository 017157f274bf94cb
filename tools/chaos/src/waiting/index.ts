import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readStackProcesses } from '@holdfast/testing';
import { type ChaosStack, withChaosStack } from '../chaos-stack';
import { aTenant } from '../chaos-tenant';
import { withDeployStack } from '../deploy/deploy-stack';
import { seeded } from '../random';
import { Api } from '../runs/api';
import { type DrivenRun, drive } from '../runs/driver';
import type { PlannedRun } from '../runs/mix';
import { Person } from '../runs/person';
import { Records } from '../runs/records';
import { type Residence, residenceOf } from './residence';

/** What is asked of {@link runWaitingChaos}. */
export interface WaitingOptions {
  readonly runs: number;
  /** Runs that are answered in the end, chosen by the seed. */
  readonly answered: number;
  readonly seed: number;
}

/** What came of it. */
export interface WaitingReport extends WaitingOptions {
  /** Runs that waited, before and after every process was killed. */
  readonly waiting: readonly [number, number];
  /** Workflows that Temporal held open for them. */
  readonly openWorkflows: number;
  /** Before the first run, while all wait, and after the kills. */
  readonly residence: readonly [Residence, Residence, Residence];
  /** Bytes of PostgreSQL (all of it, Temporal's closed histories too) per waiting run. */
  readonly bytesPerRun: number;
  /** How the answered runs ended. */
  readonly ends: Readonly<Record<string, number>>;
  /** From the answer to the end, milliseconds. */
  readonly answeredP50Ms: number;
  readonly answeredMostMs: number;
}

const AT_ONCE = 200;
/** Longest until a workflow that has nothing to do is gone, milliseconds: it lingers for a moment. */
const CLOSED_WITHIN_MS = 60_000;
const SERVES_WITHIN_MS = 120_000;
const KILLED = ['worker', 'api-gateway', 'tool-router', 'event-bridge', 'temporal', 'nats', 'redis', 'postgres'];

/** Lets runs wait for people, kills every process, and answers some. @throws NoStackError */
export function runWaitingChaos(options: WaitingOptions, home: string, signal: AbortSignal, say: (line: string) => void): Promise<WaitingReport> {
  return withChaosStack(home, signal, (stack) => wait(stack, options, signal, say));
}

async function wait(stack: ChaosStack, options: WaitingOptions, signal: AbortSignal, say: (line: string) => void): Promise<WaitingReport> {
  const name = `waiting-${options.seed}-${randomUUID().slice(0, 8)}`;
  const { tenantId, apiKey } = await aTenant(stack.databaseUrl, name);
  const api = new Api(stack.url, apiKey);
  const records = new Records(stack.databaseUrl, tenantId);
  const person = new Person(() => stack.tools.calls());
  const plan = Array.from({ length: options.runs }, (_, index): PlannedRun => {
    return { index, graphId: 'effects', input: { key: `${name}-${index}`, rounds: 2, fan: 0, stop: 'person' }, keys: [], stop: 'person', leftWaiting: true };
  });
  const before = await residenceOf(stack);
  let said = 0;
  const { over } = await drive({
    api,
    records,
    person,
    plan,
    name,
    atOnce: AT_ONCE,
    signal,
    onProgress: (progress) => {
      if (performance.now() - said < 10_000) return;
      said = performance.now();
      say(`started ${progress.started}, waiting ${progress.over}`);
    },
  });
  signal.throwIfAborted();
  const waitingBefore = (await records.statuses())['interrupted'] ?? 0;
  const openWorkflows = await leastOpen(stack, signal);
  const during = await residenceOf(stack);
  say(`${waitingBefore} wait, ${openWorkflows} workflows are open; now everything is killed`);
  killAll(stack.home);
  await untilServes(stack.home, signal);
  const after = await residenceOf(stack);
  const waitingAfter = (await records.statuses())['interrupted'] ?? 0;
  const { ends, times } = await answerSome({ api, records, person, over, options, name, signal });
  return {
    ...options,
    waiting: [waitingBefore, waitingAfter],
    openWorkflows,
    residence: [before, during, after],
    bytesPerRun: Math.round((during.databaseBytes - before.databaseBytes) / options.runs),
    ends,
    answeredP50Ms: times[Math.floor(times.length / 2)] ?? 0,
    answeredMostMs: times.at(-1) ?? 0,
  };
}

/** Workflows that stay open when those that linger have gone. */
function leastOpen(stack: ChaosStack, signal: AbortSignal): Promise<number> {
  return withDeployStack(stack.home, async ({ count }) => {
    const deadline = performance.now() + CLOSED_WITHIN_MS;
    for (;;) {
      const open = await count("ExecutionStatus = 'Running' AND WorkflowType = 'agentThread.v1'");
      if (open === 0 || performance.now() > deadline) return open;
      await sleep(1_000, undefined, { signal });
    }
  });
}

function killAll(home: string): void {
  for (const { name, pid } of readStackProcesses(home)) if (KILLED.includes(name) && pid > 0) process.kill(pid, 'SIGKILL');
}

async function untilServes(home: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + SERVES_WITHIN_MS;
  // the supervisor has to see first that they are gone
  await sleep(2_000, undefined, { signal });
  while (!readStackProcesses(home).every(({ name, state }) => !KILLED.includes(name) || state === 'ready')) {
    if (performance.now() > deadline) throw new Error(`the stack of ${home} does not serve again`);
    await sleep(500, undefined, { signal });
  }
}

interface Answering {
  readonly api: Api;
  readonly records: Records;
  readonly person: Person;
  readonly over: readonly DrivenRun[];
  readonly options: WaitingOptions;
  readonly name: string;
  readonly signal: AbortSignal;
}

async function answerSome({ api, records, person, over, options, name, signal }: Answering): Promise<{ ends: Record<string, number>; times: number[] }> {
  const random = seeded(options.seed);
  const chosen = new Set<DrivenRun>();
  while (chosen.size < Math.min(options.answered, over.length)) chosen.add(over[Math.floor(random() * over.length)]!);
  const ends: Record<string, number> = {};
  const times: number[] = [];
  for (const { plan, threadId } of chosen) {
    const begun = performance.now();
    const { questions } = await api.thread(threadId);
    const { runId } = await api.resume(threadId, plan.graphId, `${name}-${plan.index}-answer`, await person.answer(questions));
    const end = await ended(records, runId, signal);
    times.push(Math.round(performance.now() - begun));
    ends[end] = (ends[end] ?? 0) + 1;
  }
  return { ends, times: times.sort((a, b) => a - b) };
}

async function ended(records: Records, runId: string, signal: AbortSignal): Promise<string> {
  const deadline = performance.now() + SERVES_WITHIN_MS;
  for (;;) {
    const status = (await records.runs([runId]))[0]?.status ?? 'missing';
    if (!['pending', 'running'].includes(status) || performance.now() > deadline) return status;
    await sleep(50, undefined, { signal });
  }
}
