import { z } from 'zod';
import type { AssistantFields, AssistantFilter, AssistantSearch, VersionQuery } from './assistants.types';
import type { Database, Sql } from './database';
import { toJsonb } from './jsonb';
import { anywhere, Conditions, page } from './page';
import { assistantRow, assistantVersionRow, type AssistantRow, type AssistantVersionRow } from './rows.schema';
import { systemAssistantId } from './system-assistant';
import type { TenantScope } from './tenant-scope';
import { deleteThreads } from './threads.repository';

const SORT_COLUMNS = {
  assistant_id: 'assistant_id',
  graph_id: 'graph_id',
  created_at: 'created_at',
  updated_at: 'updated_at',
  name: 'name',
} as const;

const countRow = z.object({ count: z.number().int() });
const FIELDS = 'graph_id, name, description, config, context, metadata';

/** Assistants and their versions. */
export class AssistantsRepository {
  constructor(private readonly db: Database) {}

  /** One assistant per graph with the id that LangGraph derives from the graph's name. Cheap to repeat; changes nothing that is there. */
  async ensureSystem(scope: TenantScope, graphIds: readonly string[]): Promise<void> {
    const empty = { description: null, config: {}, context: {}, metadata: { created_by: 'system' } };
    await this.db.withTenant(scope, async (tx) => {
      for (const graphId of graphIds) {
        await insertAssistant(tx, scope.tenantId, systemAssistantId(graphId), { ...empty, graphId, name: graphId });
      }
    });
  }

  /** `exists` only with ifExists=raise. */
  async create(
    scope: TenantScope,
    input: AssistantFields & { assistantId: string; ifExists: 'raise' | 'do_nothing' },
  ): Promise<{ kind: 'created' | 'existing'; assistant: AssistantRow } | { kind: 'exists' }> {
    return this.db.withTenant(scope, async (tx) => {
      const made = await insertAssistant(tx, scope.tenantId, input.assistantId, input);
      if (made !== null) return { kind: 'created', assistant: made };
      if (input.ifExists === 'raise') return { kind: 'exists' };
      const rows = await tx.query(`SELECT * FROM executions.assistants WHERE assistant_id = $1`, [input.assistantId]);
      return { kind: 'existing', assistant: assistantRow.parse(rows[0]) };
    });
  }

  /** Null when the tenant has no such assistant. */
  async get(scope: TenantScope, assistantId: string): Promise<AssistantRow | null> {
    const rows = await this.db.withTenant(scope, (tx) => tx.query(`SELECT * FROM executions.assistants WHERE assistant_id = $1`, [assistantId]));
    return assistantRow.optional().parse(rows[0]) ?? null;
  }

  /** A new version with the given fields changed; `metadata` is merged, the others replace. Null when not there. */
  async update(scope: TenantScope, assistantId: string, patch: Partial<AssistantFields>): Promise<AssistantRow | null> {
    const json = (value: unknown): string | null => (value === undefined ? null : toJsonb(value));
    return this.db.withTenant(scope, async (tx) => {
      // A statement of its own, so that the next one sees the versions of whoever held the lock before.
      await tx.query(`SELECT FROM executions.assistants WHERE assistant_id = $1 FOR UPDATE`, [assistantId]);
      const rows = await tx.query(
        `UPDATE executions.assistants a
         SET graph_id = coalesce($2, graph_id), name = coalesce($3, name), description = CASE WHEN $4 THEN $5 ELSE description END,
             config = coalesce($6::jsonb, config), context = coalesce($7::jsonb, context), metadata = metadata || coalesce($8::jsonb, '{}'), updated_at = now(),
             version = 1 + (SELECT max(v.version) FROM executions.assistant_versions v
                            WHERE v.tenant_id = a.tenant_id AND v.assistant_id = a.assistant_id)
         WHERE assistant_id = $1 RETURNING a.*`,
        [
          assistantId,
          patch.graphId ?? null,
          patch.name ?? null,
          patch.description !== undefined,
          patch.description ?? null,
          json(patch.config),
          json(patch.context),
          json(patch.metadata),
        ],
      );
      const updated = assistantRow.optional().parse(rows[0]);
      if (updated === undefined) return null;
      await insertVersion(tx, assistantId);
      return updated;
    });
  }

  /** Makes an older version the one that counts; null when the assistant or version is not there. */
  async setLatest(scope: TenantScope, assistantId: string, version: number): Promise<AssistantRow | null> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `UPDATE executions.assistants a
         SET (version, ${FIELDS}, updated_at) = (v.version, v.graph_id, v.name, v.description, v.config, v.context, v.metadata, now())
         FROM executions.assistant_versions v
         WHERE a.assistant_id = $1 AND v.tenant_id = a.tenant_id AND v.assistant_id = a.assistant_id AND v.version = $2 RETURNING a.*`,
        [assistantId, version],
      ),
    );
    return assistantRow.optional().parse(rows[0]) ?? null;
  }

  /** False when not there. `deleteThreads` also deletes the threads whose metadata names the assistant. */
  async delete(scope: TenantScope, assistantId: string, options: { deleteThreads?: boolean } = {}): Promise<boolean> {
    return this.db.withTenant(scope, async (tx) => {
      const gone = await tx.query(`DELETE FROM executions.assistants WHERE assistant_id = $1 RETURNING assistant_id`, [assistantId]);
      if (gone.length > 0 && options.deleteThreads === true) {
        const threads = z
          .array(z.object({ thread_id: z.string() }))
          .parse(await tx.query(`SELECT thread_id FROM executions.threads WHERE metadata @> $1::jsonb`, [toJsonb({ assistant_id: assistantId })]));
        await deleteThreads(
          tx,
          threads.map((row) => row.thread_id),
        );
      }
      return gone.length > 0;
    });
  }

  /** A page, sorted. */
  async search(scope: TenantScope, search: AssistantSearch): Promise<AssistantRow[]> {
    const { where, params } = conditions(search);
    const { limit, offset } = page(search);
    const sort = `${SORT_COLUMNS[search.sortBy ?? 'created_at']} ${search.sortOrder === 'asc' ? 'ASC' : 'DESC'}`;
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT * FROM executions.assistants ${where} ORDER BY ${sort}, assistant_id LIMIT ${limit} OFFSET ${offset}`, params),
    );
    return z.array(assistantRow).parse(rows);
  }

  /** How many a search would find without its limit. */
  async count(scope: TenantScope, filter: AssistantFilter): Promise<number> {
    const { where, params } = conditions(filter);
    const rows = await this.db.withTenant(scope, (tx) => tx.query(`SELECT count(*)::int AS count FROM executions.assistants ${where}`, params));
    return countRow.parse(rows[0]).count;
  }

  /** Newest first. */
  async versions(scope: TenantScope, assistantId: string, query: VersionQuery = {}): Promise<AssistantVersionRow[]> {
    const { limit, offset } = page(query);
    const { where, params } = new Conditions()
      .add('assistant_id = ?', assistantId)
      .add('metadata @> ?::jsonb', query.metadata === undefined ? undefined : toJsonb(query.metadata));
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT * FROM executions.assistant_versions ${where} ORDER BY version DESC LIMIT ${limit} OFFSET ${offset}`, params),
    );
    return z.array(assistantVersionRow).parse(rows);
  }
}

/** Null when the id is taken. */
async function insertAssistant(tx: Sql, tenantId: string, assistantId: string, fields: AssistantFields): Promise<AssistantRow | null> {
  const rows = await tx.query(
    `INSERT INTO executions.assistants (tenant_id, assistant_id, ${FIELDS}, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)
     ON CONFLICT DO NOTHING RETURNING *`,
    [
      tenantId,
      assistantId,
      fields.graphId,
      fields.name,
      fields.description,
      toJsonb(fields.config),
      toJsonb(fields.context),
      toJsonb(fields.metadata),
    ],
  );
  if (rows.length === 0) return null;
  await insertVersion(tx, assistantId);
  return assistantRow.parse(rows[0]);
}

/** Keeps the assistant as it is now under its version number. */
async function insertVersion(tx: Sql, assistantId: string): Promise<void> {
  await tx.query(
    `INSERT INTO executions.assistant_versions (tenant_id, assistant_id, version, ${FIELDS})
     SELECT tenant_id, assistant_id, version, ${FIELDS} FROM executions.assistants WHERE assistant_id = $1`,
    [assistantId],
  );
}

function conditions(filter: AssistantFilter): Conditions {
  return new Conditions()
    .add('metadata @> ?::jsonb', filter.metadata === undefined ? undefined : toJsonb(filter.metadata))
    .add('graph_id = ?', filter.graphId)
    .add('name ILIKE ?', filter.name === undefined ? undefined : anywhere(filter.name));
}
