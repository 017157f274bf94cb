import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { McpServerPool } from '@holdfast/mcp-adapters';
import type { RepeatingRound } from '@holdfast/nest-kit';
import type { Database } from '@holdfast/persistence';
import type { RedisResultCache } from './cache/redis-result-cache';
import type { CallLedger } from './ledger/call-ledger';
import type { RouterLease } from './ledger/router-lease';

/** What {@link ToolRouterLifecycle} starts and ends. */
export interface RunningParts {
  readonly pool: McpServerPool;
  readonly ledger: CallLedger;
  readonly lease: RouterLease;
  readonly retention: RepeatingRound;
  readonly databases: readonly Database[];
  readonly cache: RedisResultCache | undefined;
}

/** Longest that a shutdown waits for outcomes to be stored, milliseconds. */
const LEDGER_GRACE_MS = 3_000;

/** Starts connecting when the app is built; ends connections and child processes when calls are over. */
export class ToolRouterLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly parts: RunningParts) {}

  /** Returns at once: everything connects in the background. */
  onApplicationBootstrap(): void {
    this.parts.pool.start();
    this.parts.lease.start();
    this.parts.retention.start();
    this.parts.cache?.start();
  }

  /** Resolves when the last child process is gone, the outcomes are stored and the lease is given back. */
  async onApplicationShutdown(): Promise<void> {
    const { pool, ledger, lease, retention, databases, cache } = this.parts;
    try {
      await pool.close();
    } finally {
      cache?.close();
      await ledger.close(LEDGER_GRACE_MS);
      await lease.end();
      await retention.stop();
      await Promise.all(databases.map((database) => database.close()));
    }
  }
}
