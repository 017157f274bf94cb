import { interrupt } from '@langchain/langgraph';
import { APPROVAL_KIND, type ApprovalAnswer, type ApprovalPolicy, parseApprovalAnswer, parseApprovalQuestion } from '@holdfast/contracts/approvals';
import { HoldfastError } from '@holdfast/contracts/errors';

/** A question to people; the thread waits until they have decided it under `/approvals`. */
export interface ApprovalRequest<A> {
  /** What is to be done, such as `send-mail`. */
  readonly action: string;
  /** What it is to be done with: JSON. */
  readonly args: A;
  /** For the person who decides. */
  readonly summary?: string;
  /** Who may decide, how many are needed, until when. Default: one person of the tenant, without a deadline. */
  readonly policy?: Partial<ApprovalPolicy>;
}

/** What people decided. */
export interface ApprovalOutcome<A> {
  readonly decision: 'approved' | 'edited' | 'rejected';
  /** What was approved. Use these, never those of the request: the node runs from its beginning again, and people may have edited them. */
  readonly args: A;
  readonly comment: string | null;
  /** Principals; empty when the deadline decided. */
  readonly decidedBy: readonly string[];
  readonly approvalId: string;
}

/**
 * Asks people from inside a node and gives their decision. The run ends `interrupted` here and the node runs again, from its beginning, in the
 * run that goes on: what is done before must be harmless twice. Let what it throws pass, as with `interrupt()`.
 * @throws HoldfastError INVALID_ARGUMENT for a malformed request; APPROVAL_EXPIRED when the deadline passed and `onDeadline` is `fail`.
 */
export function requestApproval<A>(request: ApprovalRequest<A>): ApprovalOutcome<A> {
  const question = parseApprovalQuestion({ ...request, args: request.args ?? null, kind: APPROVAL_KIND });
  if (!question.success) {
    const problems = question.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new HoldfastError('INVALID_ARGUMENT', `requestApproval: ${problems.join('; ')}`);
  }
  const answer: ApprovalAnswer = parseApprovalAnswer(interrupt(question.data));
  const { decision, args, comment, decided_by: decidedBy, approval_id: approvalId } = answer;
  if (decision === 'failed') throw new HoldfastError('APPROVAL_EXPIRED', `nobody decided on ${request.action} in time`);
  return { decision, args: args as A, comment, decidedBy, approvalId };
}
