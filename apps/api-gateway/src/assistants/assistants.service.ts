import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { AssistantsRepository, type AssistantFields, type AssistantRow, type AssistantVersionRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import type { Page } from '../http/pagination';
import { AssistantDirectory, assistantNotFound } from './assistant-directory';
import type {
  Assistant,
  AssistantCount,
  AssistantCreate,
  AssistantPatch,
  AssistantSearch,
  AssistantVersion,
  GraphSchemas,
  GraphStructure,
} from './assistants.schema';

/** Assistants and the graphs behind them. */
@Injectable()
export class AssistantsService {
  constructor(
    @Inject(AssistantsRepository) private readonly assistants: AssistantsRepository,
    @Inject(AssistantDirectory) private readonly directory: AssistantDirectory,
  ) {}

  /** @throws HoldfastError GRAPH_UNKNOWN, CONFLICT */
  async create(ctx: TenantContext, body: AssistantCreate): Promise<Assistant> {
    await this.directory.graph(body.graph_id);
    const result = await this.assistants.create(ctx, {
      assistantId: body.assistant_id ?? uuidv7(),
      graphId: body.graph_id,
      name: body.name ?? body.graph_id,
      description: body.description ?? null,
      config: body.config ?? {},
      context: contextOf(body.context),
      metadata: body.metadata ?? {},
      ifExists: body.if_exists ?? 'raise',
    });
    if (result.kind === 'exists') throw new HoldfastError('CONFLICT', 'Assistant already exists.');
    return toAssistant(result.assistant);
  }

  /** @throws HoldfastError NOT_FOUND */
  async get(ctx: TenantContext, ref: string): Promise<Assistant> {
    return toAssistant(await this.directory.require(ctx, ref));
  }

  /** A page, newest first unless asked otherwise. */
  async search(ctx: TenantContext, body: AssistantSearch): Promise<Page<Assistant>> {
    await this.directory.ensureSystem(ctx);
    const filter = filterOf(body);
    const [rows, total] = await Promise.all([
      this.assistants.search(ctx, { ...filter, limit: body.limit, offset: body.offset, sortBy: body.sort_by ?? undefined, sortOrder: body.sort_order ?? undefined }),
      this.assistants.count(ctx, filter),
    ]);
    return { items: rows.map(toAssistant), total, offset: body.offset };
  }

  /** How many a search would find. */
  async count(ctx: TenantContext, body: AssistantCount): Promise<number> {
    await this.directory.ensureSystem(ctx);
    return this.assistants.count(ctx, filterOf(body));
  }

  /** A new version. @throws HoldfastError NOT_FOUND, GRAPH_UNKNOWN */
  async update(ctx: TenantContext, ref: string, body: AssistantPatch): Promise<Assistant> {
    const { assistant_id: id } = await this.directory.require(ctx, ref);
    if (body.graph_id != null) await this.directory.graph(body.graph_id);
    const patch: Partial<AssistantFields> = {
      ...(body.graph_id == null ? {} : { graphId: body.graph_id }),
      ...(body.name == null ? {} : { name: body.name }),
      ...(body.description == null ? {} : { description: body.description }),
      ...(body.config == null ? {} : { config: body.config }),
      ...(body.context == null ? {} : { context: contextOf(body.context) }),
      ...(body.metadata == null ? {} : { metadata: body.metadata }),
    };
    const row = await this.assistants.update(ctx, id, patch);
    this.directory.forget(ctx, id);
    if (row === null) throw assistantNotFound(ref);
    return toAssistant(row);
  }

  /** @throws HoldfastError NOT_FOUND */
  async delete(ctx: TenantContext, ref: string, deleteThreads: boolean): Promise<void> {
    const { assistant_id: id } = await this.directory.require(ctx, ref);
    const deleted = await this.assistants.delete(ctx, id, { deleteThreads });
    this.directory.forget(ctx, id);
    this.directory.forgetSystem(ctx);
    if (!deleted) throw assistantNotFound(ref);
  }

  /** Newest first. @throws HoldfastError NOT_FOUND */
  async versions(ctx: TenantContext, ref: string, query: { metadata?: Record<string, unknown> | null | undefined; limit: number; offset: number }): Promise<AssistantVersion[]> {
    const { assistant_id: id } = await this.directory.require(ctx, ref);
    const rows = await this.assistants.versions(ctx, id, { metadata: query.metadata ?? undefined, limit: query.limit, offset: query.offset });
    return rows.map(toVersion);
  }

  /** Makes an older version the one that counts. @throws HoldfastError NOT_FOUND */
  async setLatest(ctx: TenantContext, ref: string, version: number): Promise<Assistant> {
    const { assistant_id: id } = await this.directory.require(ctx, ref);
    const row = await this.assistants.setLatest(ctx, id, version);
    this.directory.forget(ctx, id);
    if (row === null) throw new HoldfastError('NOT_FOUND', `Assistant version ${version} not found.`);
    return toAssistant(row);
  }

  /** The drawing of the assistant's graph. @throws HoldfastError NOT_FOUND, GRAPH_UNKNOWN */
  async structure(ctx: TenantContext, ref: string): Promise<GraphStructure> {
    const graph = await this.graphOf(ctx, ref);
    return { nodes: arrayOf(graph.structure['nodes']), edges: arrayOf(graph.structure['edges']) };
  }

  /** @throws HoldfastError NOT_FOUND, GRAPH_UNKNOWN */
  async schemas(ctx: TenantContext, ref: string): Promise<GraphSchemas> {
    const graph = await this.graphOf(ctx, ref);
    return toSchemas(graph.graph_id, graph.schemas);
  }

  /** By name. @throws HoldfastError NOT_FOUND, GRAPH_UNKNOWN */
  async subgraphs(ctx: TenantContext, ref: string, namespace?: string): Promise<Record<string, GraphSchemas>> {
    const graph = await this.graphOf(ctx, ref);
    const known = Object.entries((graph.schemas['subgraphs'] ?? {}) as Record<string, Record<string, unknown>>);
    return Object.fromEntries(
      known.filter(([name]) => namespace === undefined || name === namespace).map(([name, schemas]) => [name, toSchemas(graph.graph_id, schemas)]),
    );
  }

  private async graphOf(ctx: TenantContext, ref: string) {
    const assistant = await this.directory.require(ctx, ref);
    return this.directory.graph(assistant.graph_id);
  }
}

function filterOf(body: AssistantCount) {
  return { metadata: body.metadata ?? undefined, graphId: body.graph_id ?? undefined, name: body.name ?? undefined };
}

/** Contexts are objects; a primitive one has no place in the store. */
function contextOf(context: unknown): Record<string, unknown> {
  if (context === undefined || context === null) return {};
  if (typeof context !== 'object' || Array.isArray(context)) {
    throw new HoldfastError('INVALID_ARGUMENT', 'context: must be an object', { fields: [{ path: 'context', message: 'must be an object' }] });
  }
  return { ...context };
}

function toVersion(row: AssistantVersionRow): AssistantVersion {
  return {
    assistant_id: row.assistant_id,
    graph_id: row.graph_id,
    config: row.config,
    context: row.context,
    metadata: row.metadata,
    name: row.name,
    description: row.description,
    version: row.version,
    created_at: row.created_at.toISOString(),
  };
}

function toAssistant(row: AssistantRow): Assistant {
  return { ...toVersion(row), updated_at: row.updated_at.toISOString() };
}

function toSchemas(graphId: string, schemas: Readonly<Record<string, unknown>>): GraphSchemas {
  const of = (name: string): Record<string, unknown> | null => (schemas[name] as Record<string, unknown> | undefined) ?? null;
  return {
    graph_id: graphId,
    input_schema: of('input_schema'),
    output_schema: of('output_schema'),
    state_schema: of('state_schema'),
    config_schema: of('config_schema'),
    context_schema: of('context_schema'),
  };
}

function arrayOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}
