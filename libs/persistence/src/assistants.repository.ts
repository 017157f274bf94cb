import type { Database } from './database';
import type { AssistantRow, AssistantVersionRow } from './rows.schema';
import type { TenantScope } from './tenant-scope';

/** What of an assistant its owner decides. */
export interface AssistantFields {
  readonly graphId: string;
  readonly name: string;
  readonly description: string | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Selects assistants; all given conditions must hold. */
export interface AssistantFilter {
  /** Contained in the metadata (jsonb @>). */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly graphId?: string | undefined;
  /** Part of the name, any case. */
  readonly name?: string | undefined;
}

/** A page of assistants. */
export interface AssistantSearch extends AssistantFilter {
  /** 1..1000, 10 by default. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  /** created_at by default. */
  readonly sortBy?: 'assistant_id' | 'graph_id' | 'created_at' | 'updated_at' | 'name' | undefined;
  /** desc by default. */
  readonly sortOrder?: 'asc' | 'desc' | undefined;
}

/** Assistants and their versions. */
export class AssistantsRepository {
  constructor(protected readonly db: Database) {}

  /** One assistant per graph with the id that LangGraph derives from the graph's name. Cheap to repeat. */
  async ensureSystem(_scope: TenantScope, _graphIds: readonly string[]): Promise<void> {
    throw new Error('not built yet');
  }

  /** `exists` only with ifExists=raise. */
  async create(
    _scope: TenantScope,
    _input: AssistantFields & { assistantId: string; ifExists: 'raise' | 'do_nothing' },
  ): Promise<{ kind: 'created' | 'existing'; assistant: AssistantRow } | { kind: 'exists' }> {
    throw new Error('not built yet');
  }

  /** Null when the tenant has no such assistant. */
  async get(_scope: TenantScope, _assistantId: string): Promise<AssistantRow | null> {
    throw new Error('not built yet');
  }

  /** A new version with the given fields changed; `metadata` is merged, the others replace. Null when not there. */
  async update(_scope: TenantScope, _assistantId: string, _patch: Partial<AssistantFields>): Promise<AssistantRow | null> {
    throw new Error('not built yet');
  }

  /** Makes an older version the one that counts; null when the assistant or version is not there. */
  async setLatest(_scope: TenantScope, _assistantId: string, _version: number): Promise<AssistantRow | null> {
    throw new Error('not built yet');
  }

  /** False when not there. `deleteThreads` also deletes the threads whose metadata names the assistant. */
  async delete(_scope: TenantScope, _assistantId: string, _options?: { deleteThreads?: boolean }): Promise<boolean> {
    throw new Error('not built yet');
  }

  /** A page, sorted. */
  async search(_scope: TenantScope, _search: AssistantSearch): Promise<AssistantRow[]> {
    throw new Error('not built yet');
  }

  /** How many a search would find without its limit. */
  async count(_scope: TenantScope, _filter: AssistantFilter): Promise<number> {
    throw new Error('not built yet');
  }

  /** Newest first. */
  async versions(
    _scope: TenantScope,
    _assistantId: string,
    _query?: { metadata?: Readonly<Record<string, unknown>> | undefined; limit?: number | undefined; offset?: number | undefined },
  ): Promise<AssistantVersionRow[]> {
    throw new Error('not built yet');
  }
}
