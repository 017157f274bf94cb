import { McpServerConnection, type McpServerConnectionOptions, type McpServerState } from './server-connection';

/** The connections of all catalogued servers. One failing server never touches another. */
export class McpServerPool {
  readonly #connections: ReadonlyMap<string, McpServerConnection>;

  /** @throws RangeError when two servers have the same slug. */
  constructor(servers: readonly McpServerConnectionOptions[]) {
    this.#connections = new Map(servers.map((server) => [server.slug, new McpServerConnection(server)]));
    if (this.#connections.size !== servers.length) throw new RangeError('two tool servers have the same slug');
  }

  /** Begins connecting to all; returns at once. */
  start(): void {
    for (const connection of this.#connections.values()) connection.start();
  }

  /** The connection of a server; undefined when there is none of that name. */
  get(slug: string): McpServerConnection | undefined {
    return this.#connections.get(slug);
  }

  /** Every server's state, in the order given. */
  states(): readonly McpServerState[] {
    return [...this.#connections.values()].map((connection) => connection.state);
  }

  /** Calls back after each change of any state or list of tools. Returns the way to stop. */
  onChange(listener: () => void): () => void {
    const stops = [...this.#connections.values()].map((connection) => connection.onChange(listener));
    return () => stops.forEach((stop) => stop());
  }

  /** Ends all connections and child processes side by side. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }
}
