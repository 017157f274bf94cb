/** States of an approval. `superseded`: the thread went on, was edited or deleted, and the question with it. Only `pending` can change. */
export const APPROVAL_STATUSES = ['pending', 'approved', 'rejected', 'failed', 'superseded'] as const;
/** See {@link APPROVAL_STATUSES}. */
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];

/** What people, and the deadline (`escalate`), do about an approval. */
export const APPROVAL_ENTRY_KINDS = ['approve', 'reject', 'edit', 'delegate', 'comment', 'escalate'] as const;
/** See {@link APPROVAL_ENTRY_KINDS}. */
export type ApprovalEntryKind = (typeof APPROVAL_ENTRY_KINDS)[number];
