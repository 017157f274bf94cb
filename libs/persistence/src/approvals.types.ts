import type { ApprovalAnswer, ApprovalEntryKind, ApprovalStatus } from '@holdfast/contracts/approvals';
import type { ErrorCode } from '@holdfast/contracts/errors';
import type { EventData, EventType } from '@holdfast/contracts/events';
import type { ApprovalEntryRow, ApprovalRow } from './approvals.rows';
import type { JournalNotice } from './journal.types';
import type { RunRow } from './rows.schema';

/** Selects approvals, newest first. */
export interface ApprovalQuery {
  readonly status?: ApprovalStatus | undefined;
  readonly threadId?: string | undefined;
  readonly runId?: string | undefined;
  /** Principal to whom a decision was handed. */
  readonly assignee?: string | undefined;
  /** Only those before this one in the list. */
  readonly after?: string | undefined;
  /** 1..1000, 10 by default. */
  readonly limit?: number | undefined;
}

/** An approval under its lock, with all that a decision about it depends on. */
export interface HeldApproval {
  readonly approval: ApprovalRow;
  /** What counts, oldest first: accepted entries but comments. */
  readonly entries: readonly ApprovalEntryRow[];
  /** How much else is kept: of everybody, and of the one who acts. */
  readonly kept: Readonly<Record<'all' | 'own', { readonly comments: number; readonly refusals: number }>>;
  /** The database's clock. */
  readonly now: Date;
  /** A run is active on the thread, or due, that is no decision on an approval of it: the thread may go on otherwise. */
  readonly isBusy: boolean;
}

/** Something said or done about an approval, to be kept. */
export interface EntryDraft {
  readonly kind: ApprovalEntryKind;
  readonly principalId: string;
  /** Why it is refused; absent: it is accepted. */
  readonly code?: ErrorCode | undefined;
  readonly shownHash?: string | undefined;
  readonly policyVersion?: string | undefined;
  readonly args?: unknown;
  readonly delegateTo?: string | undefined;
  readonly comment?: string | undefined;
}

/** What an entry, or the clock, changes of a pending approval. */
export interface ApprovalChange {
  readonly args?: unknown;
  readonly shownHash?: string;
  readonly assignees?: readonly string[];
  readonly roles?: readonly string[];
  readonly policyVersion?: string;
  readonly escalated?: boolean;
  readonly deadlineAt?: Date | null;
  readonly remindAt?: Date | null;
  readonly reminders?: number;
}

/** What is to become of a held approval. */
export interface Verdict {
  readonly entry?: EntryDraft | undefined;
  readonly change?: ApprovalChange | undefined;
  /** Closes the approval and makes the run that gives the waiting node its answer. */
  readonly answer?: Omit<ApprovalAnswer, 'approval_id'> | undefined;
  readonly event?: ApprovalEventDraft | undefined;
}

/** Events that a {@link Verdict} may carry; the decision's own is appended with the answer. */
export type ApprovalEventDraft = {
  [T in Extract<EventType, 'approval.reminded.v1' | 'approval.escalated.v1'>]: {
    readonly type: T;
    readonly data: Omit<EventData<T>, 'approval_id' | 'run_id' | 'action'>;
  };
}[Extract<EventType, 'approval.reminded.v1' | 'approval.escalated.v1'>];

/** Acts on an approval. */
export interface ApprovalAct {
  readonly approvalId: string;
  /** Who acts; absent: the clock. */
  readonly principalId?: string | undefined;
  /** Id of the run to be made if this decides it. */
  readonly resumeRunId: string;
  /** Idempotency-Key of the request; a repeat of an accepted one changes nothing. */
  readonly idempotency?: { readonly principalId: string; readonly key: string; readonly requestHash: string } | undefined;
  /** Pure: it runs again when the transaction does. Undefined changes nothing. */
  judge(held: HeldApproval): Verdict | undefined;
}

/** Result of {@link ApprovalsRepository.act}. */
export type ActResult =
  | { readonly kind: 'not-found' }
  | { readonly kind: 'idempotency-mismatch' }
  /** A request that was accepted before. */
  | { readonly kind: 'repeated'; readonly approval: ApprovalRow }
  | {
      readonly kind: 'done';
      readonly approval: ApprovalRow;
      readonly verdict: Verdict | undefined;
      /** The run that goes on with the thread, to be delivered; null when nothing was decided. */
      readonly resumed: { readonly run: RunRow; readonly notice: JournalNotice | null } | null;
    };

/** An approval whose deadline or reminder has come. */
export interface DueApproval {
  readonly tenantId: string;
  readonly approvalId: string;
}
