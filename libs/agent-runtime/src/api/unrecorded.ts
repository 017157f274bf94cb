/**
 * Marks an argument that stands in no history: that of a local activity. Workers keep long payloads apart from histories and put a reference
 * into them; for these that would be work for nothing. First in its JSON: `{"unrecorded":true,`.
 */
export function unrecorded<T extends object>(argument: T): T {
  return { unrecorded: true, ...argument };
}

/** Marks an argument that is to be kept apart from the history however short it is: it grows with a conversation. First in its JSON. */
export function keptApart<T extends object>(argument: T): T {
  return { keptApart: true, ...argument };
}

/** What the JSON of a {@link keptApart} argument begins with. */
export const KEPT_APART_PREFIX = '{"keptApart":true,';

/** What the JSON of an {@link unrecorded} argument begins with. */
export const UNRECORDED_PREFIX = '{"unrecorded":true,';
