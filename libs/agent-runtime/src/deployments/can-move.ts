import type { GraphLoads } from '../graph/describe-graph';
import { migrationPath } from '../graph/graph-migration';
import { formOf } from '../workflow/saved-state';

/**
 * Whether a build can go on with a thread's state: it has the graph, and the state is of a version that the graph loads.
 * @param graphs of the build, with the states that each loads (null: any)
 * @param savedHeader first line of the state's text; null for a thread without a state
 */
export function canMove(graphId: string, savedHeader: string | null, graphs: Readonly<Record<string, GraphLoads | null>>): boolean {
  const loads = graphs[graphId];
  if (loads === undefined) return false;
  const form = savedHeader === null ? undefined : formOf(savedHeader);
  if (loads === null || form === undefined || form.graphId !== graphId) return true;
  return typeof migrationPath(form.version, loads.version, loads.migrations) !== 'string';
}
