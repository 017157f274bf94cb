import { readFile } from 'node:fs/promises';
import { THREAD_WORKFLOW_TYPE } from '@holdfast/agent-runtime/api';
import { type RecordedHistory, replayHistories } from '@holdfast/agent-runtime/replay';
import { buildIdOf } from '@holdfast/agent-runtime/worker';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { type Rehearsal, type RehearsedRun, conclude } from './conclusion';

const CALL_TIMEOUT_MS = 20_000;

interface Sampled {
  readonly workflowId: string;
  readonly runId: string;
  readonly isOpen: boolean;
}

/**
 * Replays the newest histories on a bundle, open runs first, half of them at most: what is open now, and what was done lately.
 * A bundle that cannot be loaded is a failed rehearsal, too.
 */
export async function rehearse(temporal: Client, bundlePath: string, runs: number): Promise<Rehearsal> {
  const buildId = buildIdOf(await readFile(bundlePath, 'utf8'));
  const open = await sample(temporal, "ExecutionStatus = 'Running'", Math.ceil(runs / 2));
  const closed = await sample(temporal, "ExecutionStatus != 'Running'", runs - open.length);
  const sampled = [...open, ...closed];
  const whole: { readonly run: Sampled; readonly history: RecordedHistory }[] = [];
  for (const run of sampled) {
    const history = await historyOf(temporal, run);
    if (!isPartlyOutside(history)) whole.push({ run, history });
  }
  const silent = new DefaultLogger('ERROR', () => undefined);
  // What deviates is reported by us, in one line.
  Runtime.install({ logger: silent, shutdownSignals: [], telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
  const results = await replayHistories(bundlePath, whole.map(({ history }) => history));
  const rehearsed = whole.map(({ run }, i): RehearsedRun => {
    const { error } = results[i]!;
    return { ...run, ...(error === undefined ? {} : { problem: reasonOf(error) }) };
  });
  return conclude(buildId, rehearsed, sampled.length - whole.length);
}

async function sample(temporal: Client, condition: string, most: number): Promise<Sampled[]> {
  const found: Sampled[] = [];
  if (most === 0) return found;
  const query = `WorkflowType = '${THREAD_WORKFLOW_TYPE}' AND ${condition}`;
  for await (const { workflowId, runId, status } of temporal.workflow.list({ query, pageSize: most })) {
    found.push({ workflowId, runId, isOpen: status.name === 'RUNNING' });
    if (found.length === most) break;
  }
  return found;
}

/** Temporal marks payloads that are kept elsewhere. */
function isPartlyOutside({ history }: RecordedHistory): boolean {
  return JSON.stringify(historyToJSON(history)).includes('"externalPayloads":[{');
}

async function historyOf(temporal: Client, { workflowId, runId }: Sampled): Promise<RecordedHistory> {
  const history = await temporal.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => temporal.workflow.getHandle(workflowId, runId).fetchHistory());
  return { name: workflowId, workflowId, history };
}

/** The SDK's message carries the server's failure in the notation of its native side. */
function reasonOf(error: Error): string {
  const text = `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`;
  return (/message: "((?:[^"\\]|\\.)+)"/.exec(text)?.[1] ?? text).replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}
