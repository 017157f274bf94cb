import type { ErrorCode } from '@holdfast/contracts/errors';
import { APPROVAL_LIMITS, keepsNoMore, type ApprovalEntryRow, type EntryDraft, type HeldApproval, type Verdict } from '@holdfast/persistence';

/** Who acts. */
export interface Actor {
  readonly principalId: string;
  readonly roles: readonly string[];
}

/** A decision, with what its maker saw. */
export interface DecisionAttempt {
  readonly kind: 'approve' | 'reject' | 'edit';
  readonly shownHash: string;
  readonly policyVersion: string;
  readonly comment?: string | undefined;
  /** Of an edit: the arguments, and the hash of what would be shown with them. */
  readonly edited?: { readonly args: unknown; readonly shownHash: string } | undefined;
}

/** Who holds the right to decide beside those with a role, and who has handed it on. */
interface Holders {
  readonly given: ReadonlySet<string>;
  readonly away: ReadonlySet<string>;
}

/**
 * Judges a decision. Refusals are kept with their code; the first rule that is broken counts: still open, in time, four eyes, entitled, on
 * what is shown now, not decided before by the same person, and a thread that stands still.
 */
export function judgeDecision(held: HeldApproval, actor: Actor, attempt: DecisionAttempt): Verdict {
  const entry: EntryDraft = {
    kind: attempt.kind,
    principalId: actor.principalId,
    shownHash: attempt.edited?.shownHash ?? attempt.shownHash,
    policyVersion: attempt.policyVersion,
    comment: attempt.comment,
    ...(attempt.edited === undefined ? {} : { args: attempt.edited.args }),
  };
  const code = entitlement(held, actor) ?? decisionProblem(held, actor, attempt);
  if (code !== undefined) return { entry: { ...entry, shownHash: attempt.shownHash, code } };
  return { entry, ...outcome(held, actor, attempt) };
}

/** Judges the handing of one's decision to somebody else, who may then decide in one's place. */
export function judgeDelegation(held: HeldApproval, actor: Actor, attempt: { readonly to: string; readonly comment?: string | undefined }): Verdict {
  const entry: EntryDraft = { kind: 'delegate', principalId: actor.principalId, delegateTo: attempt.to, comment: attempt.comment };
  const code =
    entitlement(held, actor) ??
    (held.approval.policy.four_eyes && attempt.to === held.approval.requested_by ? 'APPROVAL_FOUR_EYES' : undefined) ??
    (hasDecided(held, actor.principalId) ? 'APPROVAL_REPEATED' : undefined) ??
    (hasAllSteps(held) ? 'CONFLICT' : undefined);
  if (code !== undefined) return { entry: { ...entry, code } };
  const { given } = handOn(holdersOf(held.entries), actor.principalId, attempt.to);
  return { entry, change: { assignees: [...given] } };
}

/** Judges a comment: everybody of the tenant may, while it is open. */
export function judgeComment(held: HeldApproval, actor: Actor, comment: string): Verdict {
  const entry: EntryDraft = { kind: 'comment', principalId: actor.principalId, comment };
  if (held.approval.status !== 'pending') return { entry: { ...entry, code: 'APPROVAL_CLOSED' } };
  return { entry: keepsNoMore(held.kept, 'comments') ? { ...entry, code: 'CONFLICT' } : entry };
}

/** The first rule that keeps the actor from having a say; undefined when none does. */
function entitlement({ approval, entries, now }: HeldApproval, { principalId, roles }: Actor): ErrorCode | undefined {
  if (approval.status !== 'pending') return 'APPROVAL_CLOSED';
  if (approval.deadline_at !== null && now >= approval.deadline_at) return 'APPROVAL_EXPIRED';
  // A run whose principal nobody knows could be anybody's.
  if (approval.policy.four_eyes && (approval.requested_by ?? principalId) === principalId) return 'APPROVAL_FOUR_EYES';
  const { given, away } = holdersOf(entries);
  const byRole = approval.roles.length === 0 || approval.roles.some((role) => roles.includes(role));
  return given.has(principalId) || (byRole && !away.has(principalId)) ? undefined : 'APPROVAL_NOT_PERMITTED';
}

function decisionProblem(held: HeldApproval, { principalId }: Actor, attempt: DecisionAttempt): ErrorCode | undefined {
  const { approval, isBusy } = held;
  if (attempt.shownHash !== approval.shown_hash || attempt.policyVersion !== approval.policy_version) return 'APPROVAL_CHANGED';
  if (hasDecided(held, principalId)) return 'APPROVAL_REPEATED';
  if (attempt.kind === 'edit' && hasAllSteps(held)) return 'CONFLICT';
  return isBusy ? 'THREAD_BUSY' : undefined;
}

function outcome(held: HeldApproval, { principalId }: Actor, { kind, edited, comment }: DecisionAttempt): Pick<Verdict, 'change' | 'answer'> {
  const { approval } = held;
  const by = 'decision' as const;
  if (kind === 'reject') return { answer: { decision: 'rejected', args: approval.args, comment: comment ?? null, decided_by: [principalId], by } };
  // Whoever approved other arguments has not approved these.
  const isOther = edited !== undefined && edited.shownHash !== approval.shown_hash;
  const decided_by = [...(isOther ? [] : consents(held)), principalId];
  const change = isOther ? { change: { args: edited.args, shownHash: edited.shownHash } } : {};
  if (decided_by.length < approval.policy.quorum) return change;
  const args = isOther ? edited.args : approval.args;
  const asRequested = (isOther ? edited.shownHash : approval.shown_hash) === approval.requested_hash;
  return { ...change, answer: { decision: asRequested ? 'approved' : 'edited', args, comment: comment ?? null, decided_by, by } };
}

/**
 * Who has approved what is shown now since it is shown: who approved it before it was changed to something else and back is asked again. An
 * escalation begins anew, too: others decide then.
 */
function consents({ approval, entries }: HeldApproval): string[] {
  const escalated = entries.findLastIndex(({ kind }) => kind === 'escalate');
  const approvals = entries.slice(escalated + 1).filter(({ kind }) => kind === 'approve' || kind === 'edit');
  const changed = approvals.findLastIndex(({ shown_hash: shownHash }) => shownHash !== approval.shown_hash);
  return [...new Set(approvals.slice(changed + 1).map((entry) => entry.principal_id))];
}

function hasDecided(held: HeldApproval, principalId: string): boolean {
  return consents(held).includes(principalId);
}

function hasAllSteps({ entries }: HeldApproval): boolean {
  return entries.length >= APPROVAL_LIMITS.steps;
}

/** An escalation begins anew: what was handed on before it was handed on among others. */
function holdersOf(entries: readonly ApprovalEntryRow[]): Holders {
  return entries.reduce<Holders>(
    (holders, { kind, principal_id: from, delegate_to: to }) => {
      if (kind === 'escalate') return NOBODY;
      return kind === 'delegate' && to !== null ? handOn(holders, from, to) : holders;
    },
    NOBODY,
  );
}

const NOBODY: Holders = { given: new Set(), away: new Set() };

function handOn({ given, away }: Holders, from: string, to: string): Holders {
  return { given: new Set([...given, to].filter((holder) => holder !== from)), away: new Set([...away, from].filter((giver) => giver !== to)) };
}
