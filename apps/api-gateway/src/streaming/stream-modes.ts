import type { StreamMode } from '../runs/runs.schema';

/** What a viewer wants to see. */
export interface StreamView {
  readonly modes: ReadonlySet<StreamMode>;
  /** Also the events of sub-graphs, named `mode|namespace`. */
  readonly subgraphs: boolean;
}

/** True when anything about single messages is wanted, so that tokens must be read. */
export function wantsMessages(view: StreamView): boolean {
  return view.modes.has('messages') || view.modes.has('messages-tuple');
}

/** True when the mode is wanted from this namespace. */
export function wants(view: StreamView, mode: StreamMode, ns: readonly string[]): boolean {
  return view.modes.has(mode) && (view.subgraphs || ns.length === 0);
}

/** The SSE event name of a mode, `values` or `values|outer|inner` for a sub-graph. */
export function eventName(mode: string, ns: readonly string[]): string {
  return ns.length === 0 ? mode : `${mode}|${ns.join('|')}`;
}
