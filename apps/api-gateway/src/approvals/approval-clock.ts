import type { HeldApproval, Verdict } from '@holdfast/persistence';

/** Who acts when nobody does. */
export const CLOCK_PRINCIPAL = 'system:approvals';

/** Reminders of one approval at most: a pace of a second is for tests, not for 90 days. */
export const MAX_REMINDERS = 100;

/** What the clock has to do about an approval; undefined when nothing, or not while another run is active on its thread. */
export function judgeByClock(held: HeldApproval): Verdict | undefined {
  const { approval, now } = held;
  if (approval.status !== 'pending') return undefined;
  if (approval.deadline_at !== null && now >= approval.deadline_at) return held.isBusy ? undefined : atDeadline(held);
  return approval.remind_at !== null && now >= approval.remind_at ? remind(held) : undefined;
}

function atDeadline(held: HeldApproval): Verdict {
  const { approval } = held;
  const { on_deadline: action, escalate_to: roles } = approval.policy;
  if (action === 'escalate' && !approval.escalated && roles !== null) return escalate(held, roles);
  // After an escalation there is nobody left to ask.
  const decision = ({ approve: 'approved', reject: 'rejected', fail: 'failed', escalate: 'rejected' } as const)[action];
  const isEdited = decision === 'approved' && approval.shown_hash !== approval.requested_hash;
  return { answer: { decision: isEdited ? 'edited' : decision, args: approval.args, comment: null, decided_by: [], by: 'deadline' } };
}

function escalate({ approval, now }: HeldApproval, roles: readonly string[]): Verdict {
  const { policy } = approval;
  const policyVersion = `${policy.version}+escalated`;
  const deadlineAt = policy.deadline_ms === null ? null : new Date(now.getTime() + policy.deadline_ms);
  return {
    entry: { kind: 'escalate', principalId: CLOCK_PRINCIPAL, policyVersion },
    change: { roles, policyVersion, escalated: true, assignees: [], deadlineAt },
    event: { type: 'approval.escalated.v1', data: { roles: [...roles], policy_version: policyVersion, deadline_at: deadlineAt?.toISOString() ?? null } },
  };
}

function remind({ approval, now }: HeldApproval): Verdict {
  const reminders = approval.reminders + 1;
  const paceMs = approval.policy.remind_every_ms;
  // From now, not from the last one: after an outage one reminder is enough.
  const remindAt = paceMs === null || reminders >= MAX_REMINDERS ? null : new Date(now.getTime() + paceMs);
  return {
    change: { reminders, remindAt },
    event: { type: 'approval.reminded.v1', data: { reminders, deadline_at: approval.deadline_at?.toISOString() ?? null } },
  };
}
