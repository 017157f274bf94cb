/** By id of a checkpoint that an older version of the graph made: its nodes' new names, with the names that they had then. */
export type RenamedTasks = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The SDK keeps the global object's properties apart per workflow; a module's own are shared. */
const scope = (): { __holdfastRenamedTasks?: RenamedTasks } => globalThis as unknown as { __holdfastRenamedTasks?: RenamedTasks };

/** From now on tasks of these checkpoints keep the ids that they had under the old names of their nodes. */
export function keepTaskIds(renamed: RenamedTasks): void {
  scope().__holdfastRenamedTasks = renamed;
}

/**
 * What a task's id is made of, as it was before its node was renamed: what siblings of an unfinished superstep have written, and the calls that
 * stand in the ledgers, are found by that id.
 * @param name what LangGraph hashes: `[namespace, step, node, kind, …]` as JSON
 */
export function formerName(name: string, checkpointId: string): string {
  const former = scope().__holdfastRenamedTasks?.[checkpointId];
  if (former === undefined) return name;
  const [namespace, step, node, ...rest] = JSON.parse(name) as [string, string, string, ...unknown[]];
  const [head = '', ...inner] = namespace.split('|');
  if (inner.length > 0) {
    // A task of a sub-graph: only the graph's own nodes are renamed, and the one it belongs to stands first.
    const [parent = '', ...id] = head.split(':');
    return JSON.stringify([[[former[parent] ?? parent, ...id].join(':'), ...inner].join('|'), step, node, ...rest]);
  }
  const old = (text: string): string => former[text] ?? renamedChannel(text, former);
  const parts = rest.map((part) => (typeof part === 'string' ? old(part) : Array.isArray(part) ? part.map((item) => (typeof item === 'string' ? old(item) : (item as unknown))) : part));
  return JSON.stringify([former[namespace] ?? namespace, step, former[node] ?? node, ...parts]);
}

/** A channel by which LangGraph triggers nodes, with the names in it replaced; any other name as it is. */
export function renamedChannel(channel: string, names: Readonly<Record<string, string>>): string {
  const renamed = (name: string): string => names[name] ?? name;
  if (channel.startsWith('branch:to:')) return `branch:to:${renamed(channel.slice('branch:to:'.length))}`;
  const join = /^join:(.+):([^:]+)$/.exec(channel);
  if (join === null) return channel;
  return `join:${join[1]!.split('+').map(renamed).join('+')}:${renamed(join[2]!)}`;
}
