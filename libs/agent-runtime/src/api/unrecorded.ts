/**
 * Marks an argument that stands in no history: that of a local activity. Workers keep long payloads apart from histories and put a reference
 * into them; for these that would be work for nothing. First in its JSON: `{"unrecorded":true,`.
 */
export function unrecorded<T extends object>(argument: T): T {
  return { unrecorded: true, ...argument };
}

/** What the JSON of an {@link unrecorded} argument begins with. */
export const UNRECORDED_PREFIX = '{"unrecorded":true,';
