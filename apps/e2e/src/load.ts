import { asTenant } from './database';
import { view, type Viewing } from './stream-viewer';
import type { TestTenant } from './tenant';
import { SAMPLE_QUESTION } from './workspace';

/** Modes that every watched run is looked at in. */
export const WATCHED_MODES = ['values', 'updates', 'messages-tuple'] as const;

/** A run of the sample agent with a viewer at its stream. */
export interface WatchedRun {
  readonly threadId: string;
  readonly runId: string;
  readonly viewing: Promise<Viewing>;
}

/** Path of a run's stream in the watched modes. */
export function streamPath(run: Pick<WatchedRun, 'threadId' | 'runId'>): string {
  return `/threads/${run.threadId}/runs/${run.runId}/stream?stream_mode=${WATCHED_MODES.join(',')}`;
}

/**
 * Starts a run of the real agent with real tools, made slow by the development model's own directives, and attaches a viewer who
 * hangs up again and again wherever it happens to be.
 * @param n makes each run a little different in pace and in where its viewer hangs up
 */
export async function startWatchedRun(tenant: TestTenant, n: number, slowMs: number, signal: AbortSignal): Promise<WatchedRun> {
  const { client, apiKey } = tenant;
  const { thread_id: threadId } = await client.threads.create();
  // half of them speak slowly, so that viewers and processes go away in the middle of messages
  const pace = `slow:${slowMs + (n % 5) * 200}${n % 2 === 0 ? ' drip:on' : ''}`;
  const run = await client.runs.create(threadId, 'plan-execute-review', { input: { messages: [{ role: 'user', content: `${SAMPLE_QUESTION} ${pace}` }] } });
  const place = { threadId, runId: run.run_id };
  const viewing = view({
    apiKey,
    path: streamPath(place),
    dropAfterBytes: (drops) => 1_500 + n * 131 + drops * 2_300,
    isOver: async () => !['pending', 'running'].includes((await client.runs.get(threadId, run.run_id)).status),
    signal,
  });
  viewing.catch(() => undefined);
  return { ...place, viewing };
}

/** How many runs of the tenant have not ended, by the database. */
export function countOpenRuns(tenantId: string): Promise<number> {
  return asTenant(tenantId, async (owner) => {
    const { rows } = await owner.query<{ n: number }>(`SELECT count(*)::int AS n FROM executions.runs WHERE tenant_id = $1 AND status IN ('pending', 'running')`, [tenantId]);
    return rows[0]?.n ?? 0;
  });
}
