/** MAINTENANCE: `defineGraph` in libs/agent-runtime/src/graph/graph-definition.ts, which plain Node cannot load; a test compares both. */
const GRAPH_ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Why a name cannot be a graph's; undefined when it can. */
export function nameProblem(name: string): string | undefined {
  if (GRAPH_ID.test(name)) return undefined;
  const better = name.trim().replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[-0-9]+|-+$/g, '');
  const hint = GRAPH_ID.test(better) ? `; for example ${better}` : '';
  return `${JSON.stringify(name)} cannot be a graph's name: lower case letters, digits and single dashes, beginning with a letter${hint}`;
}
