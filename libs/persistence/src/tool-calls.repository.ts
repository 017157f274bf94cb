import { EFFECT_CLASSES, TOOL_STATUSES, type ToolOutcome } from '@holdfast/contracts/tools';
import { z } from 'zod';
import type { Database } from './database';
import { toJsonb } from './jsonb';
import { timestamp } from './rows.schema';
import type { TenantScope } from './tenant-scope';

/** What the router records of a call; not its content. */
export interface ToolCallRecord
  extends Pick<ToolOutcome, 'server' | 'tool' | 'effect' | 'status' | 'code' | 'duration_ms' | 'bytes' | 'arguments_sha256'> {
  readonly run_id: string;
  readonly call_id: string;
}

const toolCallRow = z.object({
  run_id: z.string(),
  call_id: z.string(),
  server: z.string(),
  tool: z.string(),
  effect: z.enum(EFFECT_CLASSES),
  status: z.enum(TOOL_STATUSES),
  code: z
    .string()
    .nullable()
    .transform((code) => code ?? undefined),
  duration_ms: z.number(),
  bytes: z.number().int(),
  arguments_sha256: z.string(),
  created_at: timestamp,
});

/** The router's record of tool calls. */
export class ToolCallsRepository {
  constructor(private readonly db: Database) {}

  /** Stores records; a call id seen before keeps its newest outcome. */
  async record(scope: TenantScope, calls: readonly ToolCallRecord[]): Promise<void> {
    if (calls.length === 0) return;
    const newest = new Map(calls.map((call) => [`${call.run_id} ${call.call_id}`, call]));
    const sorted = [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, call]) => call);
    await this.db.withTenant(scope, (tx) =>
      tx.query(
        `INSERT INTO tools.tool_calls (tenant_id, run_id, call_id, server, tool, effect, status, code, duration_ms, bytes, arguments_sha256)
         SELECT $1, c.run_id, c.call_id, c.server, c.tool, c.effect, c.status, c.code, c.duration_ms, c.bytes, c.arguments_sha256
         FROM jsonb_to_recordset($2) AS c (run_id uuid, call_id text, server text, tool text, effect text, status text, code text,
           duration_ms double precision, bytes int, arguments_sha256 text)
         ON CONFLICT (tenant_id, run_id, call_id) DO UPDATE
         SET server = excluded.server, tool = excluded.tool, effect = excluded.effect, status = excluded.status, code = excluded.code,
             duration_ms = excluded.duration_ms, bytes = excluded.bytes, arguments_sha256 = excluded.arguments_sha256`,
        [scope.tenantId, toJsonb(sorted)],
      ),
    );
  }

  /** Calls of a run, oldest first. */
  async list(scope: TenantScope, runId: string): Promise<(ToolCallRecord & { created_at: Date })[]> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT * FROM tools.tool_calls WHERE run_id = $1 ORDER BY created_at, call_id`, [runId]),
    );
    return z.array(toolCallRow).parse(rows);
  }
}
