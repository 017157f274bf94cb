import type { StreamView } from '../streaming/stream-modes';
import { STREAM_MODES, type StreamMode } from './runs.schema';

const KNOWN: ReadonlySet<unknown> = new Set(STREAM_MODES);

/** What to show, from a request or from what the run was created with; `values` when nothing is named. */
export function viewOf(modes: unknown, subgraphs: unknown, namespaces: readonly string[] = []): StreamView {
  const named = [modes ?? []].flat().filter((mode): mode is StreamMode => KNOWN.has(mode));
  return { modes: new Set(named.length === 0 ? ['values'] : named), subgraphs: subgraphs === true, ...(namespaces.length === 0 ? {} : { namespaces: new Set(namespaces) }) };
}
