import type { DerivedEvent } from './derived-event';
import { langChainEvent, tracedGraph } from './langchain-events';
import type { MessageContext } from './message-frames';

/** How a sub-graph ended, in the words of the mode `lifecycle` (`LifecycleStreamEvent` of the SDK). */
export type GraphEnd =
  | { readonly event: 'completed' | 'interrupted' }
  | { readonly event: 'failed'; readonly error: { readonly error: string; readonly message: string } };

interface OpenNamespace {
  readonly ns: readonly string[];
  /** The last that it told of its state. */
  values: unknown;
}

/** Sub-graphs under way: each begins with the first that is told of its namespace, and ends with the task that it runs in, or with the run. */
export class OpenNamespaces {
  readonly #open = new Map<string, OpenNamespace>();

  constructor(private readonly context: MessageContext) {}

  /** Something is told of the namespace. */
  enter(ns: readonly string[]): DerivedEvent[] {
    if (ns.length === 0 || this.#open.has(ns.join('|'))) return [];
    this.#open.set(ns.join('|'), { ns, values: undefined });
    return [
      { mode: 'lifecycle', ns, data: () => ({ event: 'started', namespace: ns }) },
      { mode: 'events', ns, data: () => langChainEvent('on_chain_start', tracedGraph(this.context, ns), {}) },
    ];
  }

  /** The state of the sub-graph is this now. */
  hold(ns: readonly string[], values: unknown): void {
    const open = this.#open.get(ns.join('|'));
    if (open !== undefined) open.values = values;
  }

  /** Ends those under a namespace, the innermost first; under the empty one: all. */
  leave(under: readonly string[], end: GraphEnd): DerivedEvent[] {
    const ended = [...this.#open.values()].reverse().filter(({ ns }) => under.every((part, i) => ns[i] === part));
    for (const { ns } of ended) this.#open.delete(ns.join('|'));
    return ended.flatMap(({ ns, values }): DerivedEvent[] => [
      {
        mode: 'events',
        ns,
        data: () => (end.event === 'completed' ? langChainEvent('on_chain_end', tracedGraph(this.context, ns), values === undefined ? {} : { output: values }) : undefined),
      },
      { mode: 'lifecycle', ns, data: () => ({ ...end, namespace: ns }) },
    ]);
  }
}
