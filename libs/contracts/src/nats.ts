/** JetStream streams. */
export const StreamName = {
  /** Facts: the relayed run journal; on disk. */
  events: 'HOLDFAST_EVENTS',
  /** Tokens of messages in flight; in memory and short-lived, because a token is not a fact. */
  tokens: 'HOLDFAST_TOKENS',
} as const;

/** Name of a JetStream stream. */
export type StreamName = (typeof StreamName)[keyof typeof StreamName];

/** All subjects of {@link StreamName.events}. */
export const EVENT_SUBJECTS = 'holdfast.v1.>';
/** All subjects of {@link StreamName.tokens}. */
export const TOKEN_SUBJECTS = 'holdfast.tokens.>';
/** All notices, for the relay. */
export const NOTICE_SUBJECTS = 'holdfast.notices.>';

/**
 * An id as one NATS subject token: hexadecimal only, so that no id can carry a dot, a space or a wildcard.
 * @throws TypeError when the id is not a UUID.
 */
export function subjectToken(uuid: string): string {
  const token = uuid.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(token)) throw new TypeError(`not a UUID: ${JSON.stringify(uuid)}`);
  return token;
}

/** The subject of a fact: `holdfast.v1.<tenant>.run.<run>.<type>`; dots of the type become dashes. */
export function subjectFor(event: { tenantId: string; runId: string; type: string }): string {
  const type = event.type.replace(/^run\./, '').replaceAll('.', '-');
  return `holdfast.v1.${subjectToken(event.tenantId)}.run.${subjectToken(event.runId)}.${type}`;
}

/** The subject of a run's tokens. */
export function tokenSubject(tenantId: string, runId: string): string {
  return `holdfast.tokens.${subjectToken(tenantId)}.${subjectToken(runId)}`;
}

/** The subject of a run's notices: wake-ups after a journal commit, never facts. Under a thread's id: that a run was made on it. */
export function noticeSubject(tenantId: string, id: string): string {
  return `holdfast.notices.${subjectToken(tenantId)}.${subjectToken(id)}`;
}
