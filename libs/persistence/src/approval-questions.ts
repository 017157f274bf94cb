import { createHash } from 'node:crypto';
import { parseApprovalQuestion } from '@holdfast/contracts/approvals';
import type { Interrupt } from '@holdfast/contracts/runs';
import canonicalize from 'canonicalize';
import { openInterrupts } from './open-interrupts';

/** SHA-256 (hex) over the canonical JSON (RFC 8785) of what a person sees; a decision names it. Long texts count by their references. */
export function shownHash({ action, summary, args }: { readonly action: string; readonly summary: string | null; readonly args: unknown }): string {
  return createHash('sha256')
    .update(canonicalize({ action, summary, args }) ?? '')
    .digest('hex');
}

/**
 * The approvals that a run asks for, as executions.put_approvals takes them. An interrupt that is no well-formed question stays a plain one:
 * a commit must not fail for what a graph says.
 * @param tasks see {@link openInterrupts}
 */
export function questionsOf(interrupts: Readonly<Record<string, readonly Interrupt[]>>, tasks: readonly unknown[]): Record<string, unknown>[] {
  return openInterrupts(interrupts, tasks).flatMap(({ id, value }) => {
    const question = parseApprovalQuestion(value);
    if (!question.success) return [];
    const { action, policy } = question.data;
    const { roles, quorum, version, fourEyes, deadlineMs, onDeadline, remindEveryMs, escalateTo } = policy;
    const shown = { action, summary: question.data.summary ?? null, args: question.data.args ?? null };
    return [
      {
        interrupt_id: id,
        ...shown,
        hash: shownHash(shown),
        roles,
        policy_version: version,
        deadline_ms: deadlineMs ?? null,
        remind_every_ms: remindEveryMs ?? null,
        policy: {
          roles,
          quorum,
          four_eyes: fourEyes,
          deadline_ms: deadlineMs ?? null,
          on_deadline: onDeadline,
          remind_every_ms: remindEveryMs ?? null,
          escalate_to: escalateTo ?? null,
          version,
        },
      },
    ];
  });
}
