import { HoldfastError, isErrorCode, type ErrorCode } from '@holdfast/contracts/errors';
import type { ApprovalRow } from '@holdfast/persistence';

/** The one answer for approvals that are missing or another tenant's. */
export function approvalNotFound(approvalId: string): HoldfastError {
  return new HoldfastError('NOT_FOUND', `Approval with ID ${approvalId} not found.`);
}

const MESSAGES: Partial<Record<ErrorCode, (approval: ApprovalRow) => string>> = {
  APPROVAL_CLOSED: ({ status }) => `The approval is closed (${status}): there is nothing to decide any more.`,
  APPROVAL_EXPIRED: () => 'The deadline has passed.',
  APPROVAL_FOUR_EYES: () => 'Who created the run may not decide on it.',
  APPROVAL_NOT_PERMITTED: () => 'Deciding needs a role that the caller does not have, or has handed to somebody else.',
  APPROVAL_CHANGED: () => 'The arguments or the policy have changed since: look again.',
  APPROVAL_REPEATED: () => 'The caller has decided on these arguments already.',
  THREAD_BUSY: () => 'Another run is active on the thread: wait for its end.',
  CONFLICT: () => 'The approval can take no more entries: decide it.',
};

/** Why an entry was refused, for its author. */
export function refusedEntry(code: string, approval: ApprovalRow): HoldfastError {
  const known = isErrorCode(code) ? code : 'CONFLICT';
  return new HoldfastError(known, MESSAGES[known]?.(approval) ?? 'The approval refuses it.', {
    details: { approval_id: approval.approval_id, approval_status: approval.status },
  });
}
