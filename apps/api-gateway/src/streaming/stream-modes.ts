import type { StreamMode } from '../runs/runs.schema';

/** What a viewer wants to see. */
export interface StreamView {
  readonly modes: ReadonlySet<StreamMode>;
  /** Also the events of sub-graphs, named `mode|namespace`. */
  readonly subgraphs: boolean;
  /** Only what these graphs tell of themselves, each by its namespace joined with `|`, the root's `''`; absent: all that {@link subgraphs} lets through. */
  readonly namespaces?: ReadonlySet<string>;
}

/** Modes that are not in the journal as such: each is derived from what stands there. */
const DERIVED_MODES = ['events', 'tools', 'lifecycle'] as const satisfies readonly StreamMode[];
/** See {@link DERIVED_MODES}. */
export type DerivedMode = (typeof DERIVED_MODES)[number];

/** True when anything about single messages is wanted, so that tokens must be read. */
export function wantsMessages(view: StreamView): boolean {
  return view.modes.has('messages') || view.modes.has('messages-tuple') || view.modes.has('events');
}

/** True when any mode is wanted that has to be derived. */
export function wantsDerived(view: StreamView): boolean {
  return DERIVED_MODES.some((mode) => view.modes.has(mode));
}

/**
 * True when the mode is wanted from this namespace. `events` are of everything that runs; `lifecycle` is of sub-graphs alone, and tells which namespaces
 * there are to ask for.
 */
export function wants(view: StreamView, mode: StreamMode, ns: readonly string[]): boolean {
  if (!view.modes.has(mode)) return false;
  if (mode === 'lifecycle') return true;
  if (view.namespaces !== undefined) return view.namespaces.has(ns.join('|'));
  return mode === 'events' || view.subgraphs || ns.length === 0;
}

/** The SSE event name of a mode, `values` or `values|outer|inner` for a sub-graph; events of the mode `events` say themselves where they belong. */
export function eventName(mode: string, ns: readonly string[]): string {
  return ns.length === 0 || mode === 'events' ? mode : `${mode}|${ns.join('|')}`;
}
