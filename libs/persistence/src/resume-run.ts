import type { ApprovalAnswer } from '@holdfast/contracts/approvals';
import type { ApprovalRow } from './approvals.rows';
import type { RunRow } from './rows.schema';
import type { CreateRunInput } from './runs.types';

/**
 * The run that gives a waiting node its answer: as the run that asked, whose principal it keeps, because an approver lends his consent and
 * not his rights. It answers one question by its id: others that the thread waits for are asked on.
 */
export function resumeRun(approval: ApprovalRow, asking: RunRow, runId: string, answer: ApprovalAnswer): CreateRunInput {
  const { checkpoint_id: _id, checkpoint: _ref, ...kwargs } = asking.kwargs;
  const config = objectOf(kwargs['config']);
  const { checkpoint_id: _configured, ...configurable } = objectOf(config['configurable']);
  return {
    runId,
    threadId: approval.thread_id,
    assistantId: asking.assistant_id,
    graphId: asking.graph_id,
    kwargs: {
      ...kwargs,
      input: null,
      command: { resume: { [approval.interrupt_id]: answer } },
      config: { ...config, configurable: { ...configurable, run_id: runId, thread_id: approval.thread_id } },
    },
    metadata: { ...asking.metadata, approval_id: approval.approval_id },
    multitaskStrategy: 'enqueue',
    ifNotExists: 'reject',
    deleteThread: approval.delete_thread,
    approvalId: approval.approval_id,
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
