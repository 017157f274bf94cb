import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { AssistantsRepository, GraphsRepository, systemAssistantId, type AssistantRow, type GraphRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { LRUCache } from 'lru-cache';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const GRAPHS_CACHE_MS = 2_000;
/** How long a replica may run an assistant's version after another replica changed it. */
const ASSISTANT_CACHE_MS = 1_000;
/** How long a search may miss a system assistant that was deleted through another replica. */
const ENSURED_CACHE_MS = 60_000;

/** Finds graphs and assistants, with a memory of a second or two: every new run asks for both. */
@Injectable()
export class AssistantDirectory {
  #graphs: { readonly until: number; readonly rows: Promise<GraphRow[]> } | undefined;
  readonly #assistants = new LRUCache<string, AssistantRow>({ max: 10_000, ttl: ASSISTANT_CACHE_MS });
  /** Tenants whose system assistants exist, for the set of graphs at hand. */
  readonly #ensured = new LRUCache<string, string>({ max: 10_000, ttl: ENSURED_CACHE_MS });

  constructor(
    @Inject(AssistantsRepository) private readonly assistants: AssistantsRepository,
    @Inject(GraphsRepository) private readonly graphsRepository: GraphsRepository,
  ) {}

  /** All graphs that workers have registered. */
  async graphs(): Promise<readonly GraphRow[]> {
    const now = performance.now();
    if (this.#graphs === undefined || this.#graphs.until < now) {
      const rows = this.graphsRepository.list();
      const entry = { until: now + GRAPHS_CACHE_MS, rows };
      rows.catch(() => {
        if (this.#graphs === entry) this.#graphs = undefined;
      });
      this.#graphs = entry;
    }
    return this.#graphs.rows;
  }

  /** @throws HoldfastError GRAPH_UNKNOWN */
  async graph(graphId: string): Promise<GraphRow> {
    const row = (await this.graphs()).find((graph) => graph.graph_id === graphId) ?? (await this.graphsRepository.get(graphId));
    if (row === null) throw new HoldfastError('GRAPH_UNKNOWN', `Graph "${graphId}" not found.`, { fields: [{ path: 'graph_id', message: 'is not known' }] });
    return row;
  }

  /** Makes the tenant's system assistants when they are not there yet. */
  async ensureSystem(ctx: TenantContext): Promise<void> {
    const ids = (await this.graphs()).map((graph) => graph.graph_id).sort();
    const key = ids.join('\n');
    if (ids.length === 0 || this.#ensured.get(ctx.tenantId) === key) return;
    await this.assistants.ensureSystem(ctx, ids);
    this.#ensured.set(ctx.tenantId, key);
  }

  /** The assistant by its id, or the system assistant by its graph's name. Null when the tenant has none. */
  async find(ctx: TenantContext, ref: string): Promise<AssistantRow | null> {
    const id = UUID.test(ref) ? ref.toLowerCase() : systemAssistantId(ref);
    const key = `${ctx.tenantId}/${id}`;
    const known = this.#assistants.get(key);
    if (known !== undefined) return known;
    await this.ensureSystem(ctx);
    const row = (await this.assistants.get(ctx, id)) ?? (await this.remade(ctx, id));
    if (row !== null) this.#assistants.set(key, row);
    return row;
  }

  /** A system assistant that was there and is not: another replica deleted it. */
  private async remade(ctx: TenantContext, assistantId: string): Promise<AssistantRow | null> {
    if (!(await this.graphs()).some((graph) => systemAssistantId(graph.graph_id) === assistantId)) return null;
    this.forgetSystem(ctx);
    await this.ensureSystem(ctx);
    return this.assistants.get(ctx, assistantId);
  }

  /** @throws HoldfastError NOT_FOUND, the same for a foreign and for a missing one */
  async require(ctx: TenantContext, ref: string): Promise<AssistantRow> {
    const row = await this.find(ctx, ref);
    if (row === null) throw assistantNotFound(ref);
    return row;
  }

  /** To be called after a change through this process. */
  forget(ctx: TenantContext, assistantId: string): void {
    this.#assistants.delete(`${ctx.tenantId}/${assistantId}`);
  }

  /** To be called after a system assistant was deleted: the next use makes it anew. */
  forgetSystem(ctx: TenantContext): void {
    this.#ensured.delete(ctx.tenantId);
  }
}

/** The one answer for assistants that are missing or another tenant's. */
export function assistantNotFound(ref: string): HoldfastError {
  return new HoldfastError('NOT_FOUND', `Assistant "${ref}" not found.`, { fields: [{ path: 'assistant_id', message: 'is not known' }] });
}
