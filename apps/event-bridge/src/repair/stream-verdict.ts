import type { StreamFacts } from '@holdfast/event-bus';

/** What was confirmed of a stream at some time. */
export interface KnownStream {
  readonly created: Date;
  readonly lastSeq: number;
}

/** `intact`: everything confirmed is still there (or aged out); `other`: it is another stream; `shorter`: its end is missing. */
export type StreamVerdict = 'intact' | 'other' | 'shorter';

/**
 * Compares the stream with what the database and this process remember of it. The process's memory is fresher, the database's
 * outlives it. Without any memory the stream is taken for another one.
 */
export function judgeStream(facts: Pick<StreamFacts, 'created' | 'lastSeq'>, ...memories: (KnownStream | null | undefined)[]): StreamVerdict {
  const known = memories.filter((memory) => memory !== null && memory !== undefined);
  const created = new Date(facts.created).getTime();
  if (known.length === 0 || known.some((memory) => memory.created.getTime() !== created)) return 'other';
  return known.some((memory) => memory.lastSeq > facts.lastSeq) ? 'shorter' : 'intact';
}
