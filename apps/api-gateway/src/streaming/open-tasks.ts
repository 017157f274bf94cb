/** Tasks of a run's graphs, as its journal tells of them. */
export class OpenTasks {
  /** Ids of those under way, by namespace and node; an empty set: it ran. */
  readonly #byNode = new Map<string, { readonly ns: readonly string[]; readonly node: string; readonly ids: Set<string> }>();

  /** A task begins. */
  start(ns: readonly string[], node: string, taskId: string): void {
    this.#at(ns, node).ids.add(taskId);
  }

  /** A task has ended. */
  end(ns: readonly string[], node: string, taskId: string): void {
    this.#at(ns, node).ids.delete(taskId);
  }

  /** The node ran and is not running now. A node that never ran may be one whose start is not in the journal yet. */
  isIdle(ns: readonly string[], node: string): boolean {
    return this.#byNode.get(keyOf(ns, node))?.ids.size === 0;
  }

  /** The task of a node, when exactly one is under way. */
  only(ns: readonly string[], node: string): string | undefined {
    const ids = this.#byNode.get(keyOf(ns, node))?.ids;
    return ids?.size === 1 ? [...ids][0] : undefined;
  }

  /** The first graph in which a node of that name is under way. */
  placeOf(node: string): readonly string[] | undefined {
    for (const known of this.#byNode.values()) if (known.node === node && known.ids.size > 0) return known.ns;
    return undefined;
  }

  #at(ns: readonly string[], node: string): { readonly ids: Set<string> } {
    const key = keyOf(ns, node);
    const known = this.#byNode.get(key) ?? { ns, node, ids: new Set<string>() };
    this.#byNode.set(key, known);
    return known;
  }
}

function keyOf(ns: readonly string[], node: string): string {
  return JSON.stringify([ns, node]);
}
