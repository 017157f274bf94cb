export { type ApprovalAnswer, APPROVAL_DECISIONS, parseApprovalAnswer } from './answer';
export { type ApprovalPolicy, type ApprovalQuestion, type DeadlineAction, APPROVAL_KIND, DEADLINE_ACTIONS, parseApprovalQuestion } from './question';
export { type ApprovalEntryKind, type ApprovalStatus, APPROVAL_ENTRY_KINDS, APPROVAL_STATUSES } from './states';
