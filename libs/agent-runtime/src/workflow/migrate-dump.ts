import type { GraphMigration } from '../graph/graph-migration';
import type { SaverDump } from './saver';
import { type RenamedTasks, renamedChannel } from './sandbox/renamed-tasks';

/** LangGraph's channel of pending Sends. */
const SENDS = '__pregel_tasks';

/** A state in the form of this build. */
export interface MigratedDump {
  readonly dump: SaverDump;
  /** For {@link keepTaskIds}; goes with every text of the same checkpoints. */
  readonly renamed: RenamedTasks;
}

/**
 * Applies a migration to a saver's dump. A node owns its trigger channel, its key in `versions_seen`, the Sends that name it, and the namespace of
 * its sub-graph. Ids of tasks stay: `renamed` says under which names they were made.
 * @param renamed what earlier migrations of the same checkpoints have renamed
 */
export function migrateDump({ entries, writes }: SaverDump, migration: GraphMigration, renamed: RenamedTasks): MigratedDump {
  const names = new Names(migration);
  return {
    dump: {
      entries: entries.map(([ns, entry]) => [names.namespace(ns), ns === '' ? { ...entry, checkpoint: rootCheckpoint(entry.checkpoint, names, migration) } : entry]),
      writes: writes.map(([key, list]) => {
        const [ns = '', checkpointId = ''] = key.split('\0');
        const isRoot = ns === '';
        return [`${names.namespace(ns)}\0${checkpointId}`, isRoot ? list.map((write) => names.write(write)) : list];
      }),
    },
    renamed: Object.fromEntries(entries.map(([, { checkpoint }]) => [checkpoint.id, names.former(renamed[checkpoint.id] ?? {})])),
  };
}

type Checkpoint = SaverDump['entries'][number][1]['checkpoint'];
type Write = SaverDump['writes'][number][1][number];

function rootCheckpoint(checkpoint: Checkpoint, names: Names, { values }: GraphMigration): Checkpoint {
  const renamed: Record<string, unknown> = {};
  for (const [channel, value] of Object.entries(checkpoint.channel_values)) renamed[names.channel(channel)] = names.value(channel, value);
  return {
    ...checkpoint,
    channel_values: values === undefined ? renamed : { ...internalsOf(renamed), ...values(stateOf(renamed)) },
    channel_versions: names.keys(checkpoint.channel_versions),
    versions_seen: Object.fromEntries(Object.entries(checkpoint.versions_seen).map(([node, seen]) => [names.node(node), names.keys(seen)])),
  };
}

/** LangGraph's own channels: triggers, barriers, Sends, the input. */
function isInternal(channel: string): boolean {
  return /^(branch:|join:|__)/.test(channel);
}

function internalsOf(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([channel]) => isInternal(channel)));
}

function stateOf(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([channel]) => !isInternal(channel)));
}

class Names {
  readonly #nodes: Readonly<Record<string, string>>;
  readonly #channels: Readonly<Record<string, string>>;

  constructor({ nodes = {}, channels = {} }: GraphMigration) {
    this.#nodes = nodes;
    this.#channels = channels;
  }

  node(name: string): string {
    return this.#nodes[name] ?? name;
  }

  channel(name: string): string {
    return this.#channels[name] ?? renamedChannel(name, this.#nodes);
  }

  keys<V>(byChannel: Readonly<Record<string, V>>): Record<string, V> {
    return Object.fromEntries(Object.entries(byChannel).map(([channel, value]) => [this.channel(channel), value]));
  }

  /** `<node>:<task id>|…`: the namespace of a sub-graph. */
  namespace(ns: string): string {
    const [head = '', ...inner] = ns.split('|');
    const [node = '', ...id] = head.split(':');
    return [[this.node(node), ...id].join(':'), ...inner].join('|');
  }

  value(channel: string, value: unknown): unknown {
    if (channel === SENDS && Array.isArray(value)) return value.map((send) => this.send(send));
    // Which nodes have come to a barrier.
    if (channel.startsWith('join:') && Array.isArray(value)) return value.map((name) => (typeof name === 'string' ? this.node(name) : (name as unknown)));
    return value;
  }

  write(write: Write): Write {
    const value = write.channel === SENDS ? this.send(write.value) : write.channel.startsWith('join:') && typeof write.value === 'string' ? this.node(write.value) : write.value;
    return { ...write, channel: this.channel(write.channel), value, path: write.path.replace(/[^,\s~]+/g, (part) => this.node(part)) };
  }

  /** New names with those that the tasks' ids were made of. @param before the same of an earlier migration */
  former(before: Readonly<Record<string, string>>): Record<string, string> {
    const here = Object.entries(this.#nodes).map(([old, name]) => [name, before[old] ?? old] as const);
    const kept = Object.entries(before).filter(([name]) => this.#nodes[name] === undefined);
    return Object.fromEntries([...kept, ...here]);
  }

  /** In place: LangGraph knows a Send by its class. */
  private send(send: unknown): unknown {
    if (typeof send === 'object' && send !== null && 'node' in send) (send as { node: string }).node = this.node(String(send.node));
    return send;
  }
}
