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

/** A page of an assistant's versions. */
export interface VersionQuery {
  /** Contained in the version's metadata (jsonb @>). */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** 1..1000, 10 by default. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}
