import { EFFECT_CLASSES, TOOL_STATUSES, type ToolOutcome } from '@holdfast/contracts/tools';
import { z } from 'zod';
import type { Database, TenantCall } from './database';
import { toJsonb } from './jsonb';
import { timestamp } from './rows.schema';
import type { TenantScope } from './tenant-scope';

/** What the router records of a call; not its content. */
export interface ToolCallRecord
  extends Pick<ToolOutcome, 'server' | 'tool' | 'effect' | 'status' | 'code' | 'duration_ms' | 'bytes' | 'arguments_sha256'> {
  readonly run_id: string;
  readonly call_id: string;
}

const RECORD_TOOL_CALLS: TenantCall = {
  name: 'record_tool_calls',
  text: `SELECT tools.record_tool_calls(set_config('app.tenant_id', $1, true), $2)`,
};

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

  /** Stores records in one round trip: every answer of a tool waits for it. A call id seen before keeps its newest outcome. */
  async record(scope: TenantScope, calls: readonly ToolCallRecord[]): Promise<void> {
    if (calls.length === 0) return;
    // One statement cannot write a row twice; and in one order everywhere two writers of the same rows never wait in a circle.
    const newest = new Map(calls.map((call) => [`${call.run_id} ${call.call_id}`, call]));
    const sorted = [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, call]) => call);
    await this.db.callTenant(scope, RECORD_TOOL_CALLS, [toJsonb(sorted)]);
  }

  /** Calls of a run, oldest first. */
  async list(scope: TenantScope, runId: string): Promise<(ToolCallRecord & { created_at: Date })[]> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT * FROM tools.tool_calls WHERE run_id = $1 ORDER BY created_at, call_id`, [runId]),
    );
    return z.array(toolCallRow).parse(rows);
  }
}
