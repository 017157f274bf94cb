import type { Database } from './database';
import type { GraphRow } from './rows.schema';

/** A graph that a worker can run. */
export interface GraphRegistration {
  readonly graphId: string;
  readonly buildId: string;
  readonly description: string;
  /** `{nodes, edges}` as the API shows it. */
  readonly structure: Readonly<Record<string, unknown>>;
  /** input_schema, output_schema, state_schema, config_schema, context_schema. */
  readonly schemas: Readonly<Record<string, unknown>>;
}

/** The catalogue of graphs; the same for every tenant. */
export class GraphsRepository {
  constructor(protected readonly db: Database) {}

  /** Written by each worker when it starts; the last one wins. */
  async register(_graphs: readonly GraphRegistration[]): Promise<void> {
    throw new Error('not built yet');
  }

  /** By graph id. */
  async list(): Promise<GraphRow[]> {
    throw new Error('not built yet');
  }

  /** Null when no worker has registered it. */
  async get(_graphId: string): Promise<GraphRow | null> {
    throw new Error('not built yet');
  }
}
