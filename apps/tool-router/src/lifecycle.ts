import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { McpServerPool } from '@holdfast/mcp-adapters';
import type { Database } from '@holdfast/persistence';
import type { RedisResultCache } from './cache/redis-result-cache';

/** Starts connecting when the app is built; ends connections and child processes when calls are over. */
export class ToolRouterLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly pool: McpServerPool,
    private readonly database: Database,
    private readonly cache: RedisResultCache | undefined,
  ) {}

  /** Returns at once: everything connects in the background. */
  onApplicationBootstrap(): void {
    this.pool.start();
    this.cache?.start();
  }

  /** Resolves when the last child process is gone. */
  async onApplicationShutdown(): Promise<void> {
    try {
      await this.pool.close();
    } finally {
      this.cache?.close();
      await this.database.close();
    }
  }
}
