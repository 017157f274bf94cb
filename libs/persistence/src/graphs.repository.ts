import { z } from 'zod';
import type { Database } from './database';
import { toJsonb } from './jsonb';
import { graphRow, type GraphRow } from './rows.schema';

/** A graph that a worker can run. */
export interface GraphRegistration {
  readonly graphId: string;
  readonly buildId: string;
  readonly description: string;
  /** `{nodes, edges}` as the API shows it. */
  readonly structure: Readonly<Record<string, unknown>>;
  /** input_schema, output_schema, state_schema, config_schema, context_schema. */
  readonly schemas: Readonly<Record<string, unknown>>;
  /** Which states it can load; absent when it loads any. */
  readonly loads?: GraphLoads;
  /** Node from which on it takes back what a cancelled run did; absent when it has none. */
  readonly compensate?: string;
}

/** Versions of a graph's state that a build can load: its own, and those that migrations lead from. */
export interface GraphLoads {
  readonly version: string;
  readonly migrations: readonly { readonly from: string; readonly to: string }[];
}

/** The catalogue of graphs; the same for every tenant. */
export class GraphsRepository {
  constructor(private readonly db: Database) {}

  /** Written by each worker when it starts; the last one wins. */
  async register(graphs: readonly GraphRegistration[]): Promise<void> {
    // In one order everywhere: two workers that start together must not deadlock.
    const sorted = [...graphs].sort((a, b) => (a.graphId < b.graphId ? -1 : 1));
    await this.db.system('register-graphs', async (sql) => {
      for (const graph of sorted) {
        await sql.query(
          `INSERT INTO executions.graphs AS g (graph_id, build_id, description, structure, schemas, compensate) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (graph_id) DO UPDATE SET build_id = excluded.build_id, description = excluded.description,
             structure = excluded.structure, schemas = excluded.schemas, compensate = excluded.compensate, registered_at = now()`,
          [graph.graphId, graph.buildId, graph.description, toJsonb(graph.structure), toJsonb(graph.schemas), graph.compensate ?? null],
        );
      }
      const [first] = sorted;
      if (first === undefined) return;
      await sql.query(
        `INSERT INTO executions.builds AS b (build_id, graphs) VALUES ($1, $2) ON CONFLICT (build_id) DO UPDATE SET graphs = excluded.graphs`,
        [first.buildId, toJsonb(Object.fromEntries(sorted.map(({ graphId, loads }) => [graphId, loads ?? null])))],
      );
    });
  }

  /** By graph id. */
  async list(): Promise<GraphRow[]> {
    const rows = await this.db.callSystem({ name: 'list_graphs', text: `SELECT * FROM executions.graphs ORDER BY graph_id` }, []);
    return z.array(graphRow).parse(rows);
  }

  /** Null when no worker has registered it. */
  async get(graphId: string): Promise<GraphRow | null> {
    const rows = await this.db.callSystem({ name: 'get_graph', text: `SELECT * FROM executions.graphs WHERE graph_id = $1` }, [graphId]);
    return graphRow.optional().parse(rows[0]) ?? null;
  }
}
