import { HoldfastError } from '@holdfast/contracts/errors';
import type { ToolList } from '@holdfast/rpc';
import type { TenantContext } from '@holdfast/tenant-context';
import { LRUCache } from 'lru-cache';
import type { ModelTool } from '../models/chat-model';

/** The part of the router's client that the catalogue uses. */
export interface ToolLister {
  listTools(ctx: TenantContext, include: readonly string[], control: { timeoutMs?: number; signal?: AbortSignal }): Promise<ToolList>;
}

/** Time after which definitions are read again, in milliseconds: a changed catalogue takes effect within it (design.md §9). */
export const DEFINITIONS_MAX_AGE_MS = 5_000;

/**
 * How long a model is kept waiting for a tool server of which the router knows nothing yet (it was just started), in milliseconds.
 * A model that is offered too few tools gives a wrong answer; after this time the server counts as gone, and models do without.
 */
export const PATIENCE_MS = 60_000;

const MAX_ENTRIES = 500;
const LIST_TIMEOUT_MS = 5_000;

interface Entry {
  readonly list: Promise<ToolList>;
  readonly at: number;
}

/** The tools that models are offered, read from the router and kept for at most 5 s per tenant and selection. */
export class ToolCatalogue {
  readonly #entries = new LRUCache<string, Entry>({ max: MAX_ENTRIES });
  /** Servers that the router had nothing from, by when that was first seen. */
  readonly #missingSince = new Map<string, number>();
  readonly #converted = new LRUCache<string, readonly ModelTool[]>({ max: MAX_ENTRIES });

  constructor(
    private readonly router: ToolLister,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Definitions of the tools whose names match one of `include` (`*` is any text); in the order of the router.
   * @throws HoldfastError TOOL_UNAVAILABLE while a server that is wanted is starting, TOOL_ROUTER_UNAVAILABLE and what else the
   *   router's client throws
   */
  async toolsFor(ctx: TenantContext, include: readonly string[], signal: AbortSignal): Promise<readonly ModelTool[]> {
    if (include.length === 0) return []; // the router reads an empty selection as "all"
    const key = JSON.stringify([ctx.tenantId, include]);
    const list = await this.#list(key, ctx, include, signal);
    const starting = this.#startingServers(list);
    if (starting.length > 0) throw new HoldfastError('TOOL_UNAVAILABLE', `The tool server ${starting.join(', ')} has not said yet what it offers.`);
    const versionKey = `${list.catalogueVersion}|${key}`;
    const known = this.#converted.get(versionKey);
    if (known !== undefined) return known;
    const tools = list.tools.map(toModelTool);
    this.#converted.set(versionKey, tools);
    return tools;
  }

  #startingServers({ tools, unavailableServers }: ToolList): string[] {
    for (const { server } of tools) this.#missingSince.delete(server);
    const now = this.now();
    return unavailableServers.filter((server) => {
      const since = this.#missingSince.get(server) ?? now;
      this.#missingSince.set(server, since);
      return now - since < PATIENCE_MS;
    });
  }

  async #list(key: string, ctx: TenantContext, include: readonly string[], signal: AbortSignal): Promise<ToolList> {
    const known = this.#entries.get(key);
    if (known !== undefined && this.now() - known.at < DEFINITIONS_MAX_AGE_MS) return abortable(known.list, signal);
    // Shared by all calls that wait for it, so no single call's signal may end it.
    const entry: Entry = { list: this.router.listTools(ctx, include, { timeoutMs: LIST_TIMEOUT_MS }), at: this.now() };
    this.#entries.set(key, entry);
    const forget = (): void => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    };
    // A list that lacks a server is no answer to remember: the server may be there a moment later.
    entry.list.then((list) => list.unavailableServers.length > 0 && forget(), forget);
    return abortable(entry.list, signal);
  }
}

function toModelTool(tool: ToolList['tools'][number]): ModelTool {
  return { type: 'function', function: { name: tool.name, description: tool.description, parameters: tool.inputSchema } };
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
