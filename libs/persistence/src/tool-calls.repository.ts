import type { ToolOutcome } from '@holdfast/contracts/tools';
import type { Database } from './database';
import type { TenantScope } from './tenant-scope';

/** What the router records of a call; not its content. */
export interface ToolCallRecord extends Pick<ToolOutcome, 'server' | 'tool' | 'effect' | 'status' | 'code' | 'duration_ms' | 'bytes' | 'arguments_sha256'> {
  readonly run_id: string;
  readonly call_id: string;
}

/** The router's record of tool calls. */
export class ToolCallsRepository {
  constructor(protected readonly db: Database) {}

  /** Stores records; a call id seen before keeps its newest outcome. */
  async record(_scope: TenantScope, _calls: readonly ToolCallRecord[]): Promise<void> {
    throw new Error('not built yet');
  }

  /** Calls of a run, oldest first. */
  async list(_scope: TenantScope, _runId: string): Promise<(ToolCallRecord & { created_at: Date })[]> {
    throw new Error('not built yet');
  }
}
