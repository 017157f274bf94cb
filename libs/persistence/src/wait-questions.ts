import { createHash } from 'node:crypto';
import type { Interrupt } from '@holdfast/contracts/runs';
import { parseWaitQuestion, type WaitQuestion } from '@holdfast/contracts/waits';
import canonicalize from 'canonicalize';
import { openInterrupts } from './open-interrupts';

/**
 * The waits that a run ends with, as executions.put_waits takes them. An interrupt that is no well-formed wait stays a plain one: a commit
 * must not fail for what a graph says.
 * @param tasks see {@link openInterrupts}
 */
export function waitsOf(interrupts: Readonly<Record<string, readonly Interrupt[]>>, tasks: readonly unknown[]): Record<string, unknown>[] {
  return openInterrupts(interrupts, tasks).flatMap(({ id, value }) => {
    const { success, data } = parseWaitQuestion(value);
    return success ? [{ interrupt_id: id, hash: hashOf(data), ...columnsOf(data) }] : [];
  });
}

function columnsOf(question: WaitQuestion): Record<string, unknown> {
  switch (question.until) {
    case 'elapsed':
      return { seconds: question.seconds };
    case 'date':
      // PostgreSQL refuses offsets that the schema lets pass, and its refusal would fail the commit.
      return { date: new Date(question.date).toISOString() };
    case 'event':
      return {
        seconds: question.timeoutSeconds ?? null,
        event_type: question.type,
        event_key: question.key ?? null,
        lookback_seconds: question.lookbackSeconds,
      };
  }
}

/** SHA-256 (hex) over the canonical JSON (RFC 8785): tells a wait that is asked again as it stands from another one. */
function hashOf(question: WaitQuestion): string {
  return createHash('sha256')
    .update(canonicalize(question) ?? '')
    .digest('hex');
}
