import { HoldfastError } from '@holdfast/contracts/errors';
import { z } from 'zod';
import { firstStepOf, remainderOf, type StoredEvent } from './commit-repeat';
import type { Database, TenantCall } from './database';
import type { CommitResult, TaskProgressBatch } from './journal.types';
import { toJsonb } from './jsonb';
import { RepeatedWork } from './repeated-work';
import type { TenantScope } from './tenant-scope';

const COMMIT_TASK: TenantCall = {
  name: 'commit_task',
  text: `SELECT * FROM executions.commit_task(set_config('app.tenant_id', $1, true), $2, $3, $4, $5, $6, $7, $8)`,
};

const commitRow = z.object({ kind: z.enum(['committed', 'duplicate', 'changed', 'over']), seq: z.number().int().nullable() });
const runRow = z.object({ last_seq: z.number().int() });
const storedRow = z.object({ type: z.string(), data: z.unknown(), step: z.number().int().nullable() });

const STORED = `
  SELECT e.type, (e.data ->> 'step')::int AS step,
    CASE WHEN e.type = 'run.step-completed.v1' AND ((e.data ->> 'step')::int >= $3 - 1) IS NOT TRUE THEN e.data - 'frames' ELSE e.data END AS data
  FROM executions.task_commits c JOIN executions.run_events e ON e.run_id = c.run_id AND e.seq = ANY (c.seqs)
  WHERE c.run_id = $1 AND c.task_id = $2 ORDER BY e.seq`;

/** Each try is lost to another commit of the run in between: of its own workflow, or of another sub-agent. */
const MAX_TRIES = 20;

/** Writes what sub-agents do into the journals of the runs that they work for. */
export class TaskJournal {
  readonly #repeated = new RepeatedWork();

  constructor(private readonly db: Database) {}

  /**
   * Appends to the run's journal. A commit number that was seen before adds what is not there yet: the same work can come in other commits when
   * it is executed again, also under numbers behind it. `terminal`: the run is over, or gone.
   */
  async commitTask(scope: TenantScope, batch: TaskProgressBatch): Promise<CommitResult> {
    const { runId, taskId } = batch;
    const firstStep = firstStepOf(batch.events);
    if (firstStep !== null && firstStep > (this.#repeated.lastTold(scope, runId, taskId) ?? Infinity)) this.#repeated.forget(scope, runId, taskId);
    if (!this.#repeated.has(scope, runId, taskId)) {
      const first = await this.#commit(scope, batch, null);
      if (first.kind !== 'duplicate') return first;
      this.#repeated.note(scope, runId, taskId);
    }
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const stored = await this.#stored(scope, batch, firstStep);
      // Frames may have joined the event of the superstep before theirs.
      this.#repeated.setLastTold(stored.lastStep + 1, scope, runId, taskId);
      const events = remainderOf(batch.events, stored.events);
      if (events.length === 0) return { kind: 'duplicate', notice: null };
      const result = await this.#commit(scope, { ...batch, events }, stored.lastSeq);
      if (result.kind !== 'duplicate') return result;
    }
    throw new HoldfastError('DEPENDENCY_UNAVAILABLE', `Too many write the journal of run ${batch.runId} at once.`);
  }

  async #commit(scope: TenantScope, batch: TaskProgressBatch, seen: number | null): Promise<CommitResult> {
    const { threadId, runId, taskId, commit, events } = batch;
    const traceparent = batch.traceparent ?? scope.traceparent ?? null;
    const rows = await this.db.callTenant(scope, COMMIT_TASK, [threadId, runId, taskId, commit, traceparent, toJsonb(events), seen]);
    const { kind, seq } = commitRow.parse(rows[0]);
    if (kind === 'over') return { kind: 'terminal', notice: null };
    if (kind !== 'committed' || seq === null) return { kind: 'duplicate', notice: null };
    return { kind, notice: { runId, seq, status: 'running' } };
  }

  /** Everything that the task has written, in whatever commits: one that is started anew counts its commits from the first. Steps long before without frames. */
  async #stored(
    scope: TenantScope,
    { runId, taskId }: TaskProgressBatch,
    firstStep: number | null,
  ): Promise<{ lastSeq: number; lastStep: number; events: StoredEvent[] }> {
    return this.db.withTenant(scope, async (tx) => {
      const [run] = await tx.query('SELECT last_seq FROM executions.runs WHERE run_id = $1', [runId]);
      const rows = await tx.query(STORED, [runId, taskId, firstStep]);
      const events = z.array(storedRow).parse(rows);
      return { lastSeq: runRow.optional().parse(run)?.last_seq ?? 0, lastStep: Math.max(-1, ...events.flatMap(({ step }) => step ?? [])), events };
    });
  }
}
