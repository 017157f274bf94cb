import type { ApprovalAnswer } from '@holdfast/contracts/approvals';
import type { ApprovalRow } from './approvals.rows';
import { resumeRun } from './resume-run';
import type { RunRow } from './rows.schema';
import type { CreateRunInput } from './runs.types';

/** The run that gives a node the decision it waits for. It keeps the principal of the run that asked: an approver lends his consent and not his rights. */
export function decisionRun(approval: ApprovalRow, asking: RunRow, runId: string, answer: ApprovalAnswer): CreateRunInput {
  const { approval_id: approvalId, thread_id: threadId, interrupt_id: interruptId, delete_thread: deleteThread } = approval;
  const resumption = { runId, threadId, answers: { [interruptId]: answer }, metadata: { approval_id: approvalId }, deleteThread };
  return { ...resumeRun(asking, resumption), approvalId };
}
