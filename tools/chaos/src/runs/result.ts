/** Ids and what was measured: what differs between two runs that did the same. */
const OF_ONE_RUN = new Set(['id', 'usage_metadata', 'tool_call_id', 'response_metadata']);

/** What a run left, without what differs from run to run. */
export function resultOf(values: unknown): unknown {
  return JSON.parse(JSON.stringify(values, (key, value: unknown) => (OF_ONE_RUN.has(key) ? undefined : value)));
}
