import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type CronFindings, cronFaults } from './crons';
import { isEnd, type JournalRecord, type ModelRecord, type ToolRecord } from './records';
import { isNote, stopFaults, type StopFindings } from './stops';

/** Everything that was found when nothing was under way any more. */
export interface Findings extends StopFindings {
  /** Threads of runs that neither ended nor wait for people. */
  readonly lost: readonly { readonly threadId: string; readonly runIds: readonly string[] }[];
  readonly journal: readonly JournalRecord[];
  /** How often each key was called, by the tools' own count. */
  readonly toolCounts: Readonly<Record<string, number>>;
  readonly tools: readonly ToolRecord[];
  /** How often the model was asked for each thread, by its own count. */
  readonly modelCounts: Readonly<Record<string, number>>;
  readonly models: readonly ModelRecord[];
  /** How often the model got each request id; one names one attempt of one call. */
  readonly modelRequests: Readonly<Record<string, number>>;
  /** Runs that were planned but never started. */
  readonly neverStarted: number;
  /** Processes that were killed. */
  readonly kills: number;
  /** Patterns that did not end well even undisturbed. */
  readonly notCompared: readonly string[];
  /** Keys of which a person has said that they did not happen. */
  readonly failedKeys: ReadonlySet<string>;
  /** The results of undisturbed runs, by graph. */
  readonly expected: ReadonlyMap<string, unknown>;
  readonly crons: CronFindings;
}

/** What became of the effects. */
export interface EffectSums {
  readonly calls: number;
  /** Calls that were made more than once, and the ledger says so. */
  readonly told: number;
}

/** The verdict: nothing in `faults` when everything held. */
export interface Verdict {
  readonly faults: readonly string[];
  readonly waiting: number;
  readonly tools: EffectSums;
  readonly models: EffectSums;
}

/** Effect classes of which no call may ever happen twice. */
const NEVER_TWICE = /^(compensatable|irreversible)\//;

/** Judges what was found. Pure. */
export function judge(findings: Findings): Verdict {
  const faults = [...emptyProof(findings), ...lostRuns(findings), ...badEnds(findings), ...foreignAnswers(findings), ...badJournals(findings), ...stopFaults(findings), ...cronFaults(findings.crons)];
  const tools = judgeTools(findings, faults);
  const models = judgeModels(findings, faults);
  return { faults, waiting: findings.over.filter(({ plan, last }) => plan.leftWaiting && last.status === 'interrupted').length, tools, models };
}

/** What would let a test hold that has shown nothing. */
function emptyProof({ neverStarted, kills, notCompared }: Findings): string[] {
  return [
    ...(kills === 0 ? ['nobody was killed'] : []),
    ...(neverStarted > 0 ? [`${neverStarted} runs were never started`] : []),
    ...notCompared.map((graphId) => `not compared: ${graphId} did not end well undisturbed`),
  ];
}

function lostRuns({ lost }: Findings): string[] {
  return lost.map(({ threadId, runIds }) => `lost: run ${runIds.at(-1)} of thread ${threadId} neither ended nor waits for people`);
}

function badEnds({ over, results, expected }: Findings): string[] {
  return over.flatMap(({ plan, threadId, last }) => {
    const wanted = plan.leftWaiting ? 'interrupted' : 'success';
    if (last.status !== wanted) return [`ended badly: ${plan.graphId} ${last.run_id} is ${last.status}: ${JSON.stringify(last.error)}`];
    const result = JSON.stringify(results.get(threadId));
    const like = expected.get(plan.graphId);
    if (like !== undefined && result !== JSON.stringify(like)) return [`another result: ${plan.graphId} ${last.run_id}: ${result?.slice(0, 2_000)}`];
    return [];
  });
}

/** Each call of a graph that counts must have been given its own answer. What a person said of an outcome that nobody knew names no key. */
function foreignAnswers({ over, results }: Findings): string[] {
  return over.flatMap(({ plan: { keys }, threadId }) => {
    const { receipts = [] } = (results.get(threadId) ?? {}) as { readonly receipts?: readonly string[] };
    const answers = receipts.filter((receipt) => !isNote(receipt));
    return answers.flatMap((answer, place) => {
      const named = keys.find((key) => answer.includes(` ${key}: `));
      return named === undefined || named === keys[place] ? [] : [`foreign answer: the call of ${keys[place]} was given that of ${named}`];
    });
  });
}

function badJournals({ over, journal }: Findings): string[] {
  const byRun = Map.groupBy(journal, ({ run_id: runId }) => runId);
  return over.flatMap(({ runIds }) =>
    runIds.flatMap((runId) => {
      const rows = byRun.get(runId) ?? [];
      const calls = rows.flatMap(({ type, call_id: callId }) => (type === 'tool.called.v1' && callId !== null ? [callId] : []));
      return [
        ...(rows.every(({ published }) => published) ? [] : [`journal of ${runId} has facts that were never published`]),
        ...(rows.every(({ seq }, i) => seq === i + 1) ? [] : [`journal of ${runId} has gaps`]),
        ...(rows.filter(isEnd).length === 1 ? [] : [`journal of ${runId} has not one end: ${rows.map(({ type }) => type).join(' ')}`]),
        ...(new Set(calls).size === calls.length ? [] : [`journal of ${runId} tells a tool call twice`]),
      ];
    }),
  );
}

function judgeTools({ over, toolCounts, tools, failedKeys }: Findings, faults: string[]): EffectSums {
  const rows = new Map(tools.map((row) => [row.arguments_sha256, row]));
  const sentAs = new Map(over.flatMap(({ plan }) => plan.keys.map((key) => [key, sha256({ key, delay_ms: plan.input['delayMs'] })])));
  let told = 0;
  for (const key of sentAs.keys()) {
    if ((toolCounts[key] ?? 0) === 0 && !failedKeys.has(key)) faults.push(`lost effect: ${key} was never called, and its run is over`);
  }
  for (const [key, count] of Object.entries(toolCounts)) {
    if (!sentAs.has(key)) faults.push(`effect that nobody asked for: ${key}`);
    if (failedKeys.has(key)) faults.push(`a person was told wrong: ${key} did happen`);
    if (count === 1) continue;
    if (NEVER_TWICE.test(key)) faults.push(`duplicate effect: ${key} was called ${count} times`);
    const lostClaims = rows.get(sentAs.get(key) ?? '')?.lost_claims ?? 0;
    if (count > 1 + lostClaims) faults.push(`silent duplicate: ${key} was called ${count} times, the ledger tells ${1 + lostClaims}`);
    else told += 1;
  }
  return { calls: Object.keys(toolCounts).length, told };
}

function judgeModels({ modelCounts, modelRequests, models }: Findings, faults: string[]): EffectSums {
  const rows = new Map(models.map((row) => [row.thread_id, row]));
  let told = 0;
  for (const [threadId, count] of Object.entries(modelCounts)) {
    const { calls = 0, attempts = 0 } = rows.get(threadId) ?? {};
    if (count > attempts) faults.push(`silent model call: thread ${threadId} asked ${count} times, the ledger tells ${attempts}`);
    told += attempts - calls;
  }
  for (const [id, count] of Object.entries(modelRequests)) if (count > 1) faults.push(`silent model call: attempt ${id} asked ${count} times`);
  return { calls: models.reduce((sum, { calls }) => sum + calls, 0), told };
}

function sha256(args: unknown): string {
  return createHash('sha256').update(canonicalize(args) ?? '').digest('hex');
}
