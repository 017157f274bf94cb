import type { RunRow } from '@holdfast/persistence';
import type { Run } from './runs.schema';

/** A run row in the protocol's form. */
export function toRun(row: RunRow): Run {
  return {
    run_id: row.run_id,
    thread_id: row.thread_id,
    assistant_id: row.assistant_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    status: row.status,
    metadata: row.metadata,
    kwargs: row.kwargs,
    multitask_strategy: row.multitask_strategy,
    workflow_id: row.workflow_id,
  };
}
