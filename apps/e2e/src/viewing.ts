import { joinChunks, messagesOf, textOf } from './messages';
import type { SseEvent } from './sse-parser';

interface Seen {
  readonly id?: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

/** What stands in a stream apart from tokens, with the ids of the journal. */
function facts(events: readonly Seen[]): { id: string | undefined; event: string; data: unknown }[] {
  return events.filter((event) => event.event !== 'messages').map(({ id, event, data }) => ({ id: id?.split('~')[0], event, data }));
}

/** The message that a later attempt at the same model call brought, when the id is that of an attempt that was lost. */
function laterAttempt(id: string, all: ReadonlySet<string>): boolean {
  const call = id.replace(/-a\d+$/, '');
  const attemptOf = (each: string): number => Number(/-a(\d+)$/.exec(each)?.[1] ?? 1);
  return [...all].some((each) => each.replace(/-a\d+$/, '') === call && attemptOf(each) > attemptOf(id));
}

/**
 * What is wrong with what a viewer saw, compared with a fresh look at the finished run and with the state that it left: every event
 * once, in the same order and with the same content; every message as the state holds it. Empty when nothing is.
 */
export function faultsOfViewing(seen: readonly Seen[], fresh: readonly SseEvent[], values: unknown): string[] {
  const faults: string[] = [];
  const ids = seen.map((event) => event.id);
  const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
  if (repeated.length > 0) faults.push(`ids seen twice: ${repeated.slice(0, 5).join(' ')}`);
  const [ours, theirs] = [facts(seen), facts(fresh)];
  for (let i = 0; i < Math.max(ours.length, theirs.length); i += 1) {
    if (JSON.stringify(ours[i]) === JSON.stringify(theirs[i])) continue;
    faults.push(`event ${i}: saw ${JSON.stringify(ours[i])?.slice(0, 200)}, fresh ${JSON.stringify(theirs[i])?.slice(0, 200)}`);
    break;
  }
  const messages = new Map(messagesOf(values).map((message) => [message.id ?? '', textOf(message.content)]));
  const known = new Set(messages.keys());
  const said = joinChunks(seen);
  for (const [id, text] of said) {
    const whole = messages.get(id);
    if (whole === undefined ? !laterAttempt(id, known) : whole !== text) faults.push(`message ${id}: read ${JSON.stringify(text).slice(0, 200)} of ${JSON.stringify(whole)?.slice(0, 200)}`);
  }
  const spoken = messagesOf(values).filter((message) => message.type !== 'human');
  const missing = spoken.filter((message) => !said.has(message.id ?? ''));
  if (missing.length > 0) faults.push(`messages never seen: ${missing.map((message) => message.id).join(' ')}`);
  return faults;
}
