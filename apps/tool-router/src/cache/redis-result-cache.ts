import type { LogSink } from '@holdfast/nest-kit';
import { Redis } from 'ioredis';
import { cachedResultSchema, type CachedResult, type ResultCache } from './result-cache';

const COMMAND_TIMEOUT_MS = 100;

/** Results in Redis. While Redis is away or slow, every read misses at once and nothing is kept. */
export class RedisResultCache implements ResultCache {
  readonly #redis: Redis;

  constructor(
    url: string,
    private readonly log: LogSink,
  ) {
    this.#redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 2_000,
      commandTimeout: COMMAND_TIMEOUT_MS,
      // How long a closing connection may hold the process.
      disconnectTimeout: 100,
      retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 6), 5_000) * (0.5 + Math.random() / 2),
    });
    let isAway = false;
    this.#redis.on('error', (error: Error) => {
      if (!isAway) log.warn({ dependency: 'redis', reason: error.message }, 'Redis is away: results are not cached');
      isAway = true;
    });
    this.#redis.on('ready', () => {
      if (isAway) log.info({ dependency: 'redis' }, 'Redis is back');
      isAway = false;
    });
  }

  /** Begins connecting; returns at once. */
  start(): void {
    this.#redis.connect().catch(() => undefined);
  }

  /** The result kept under a key; undefined for none, for one that cannot be read, and while Redis is away. */
  async get(key: string): Promise<CachedResult | undefined> {
    if (this.#redis.status !== 'ready') return undefined;
    try {
      const text = await this.#redis.get(key);
      if (text === null) return undefined;
      const parsed = cachedResultSchema.safeParse(JSON.parse(text));
      if (parsed.success) return parsed.data;
      await this.#redis.del(key);
    } catch (error) {
      this.log.debug({ reason: (error as Error).message }, 'the result cache could not be read');
    }
    return undefined;
  }

  /** Keeps a result; silently does not while Redis is away. */
  async set(key: string, result: CachedResult, ttlSeconds: number): Promise<void> {
    if (this.#redis.status !== 'ready') return;
    await this.#redis.set(key, JSON.stringify(result), 'EX', ttlSeconds).catch((error: Error) => {
      this.log.debug({ reason: error.message }, 'a result could not be cached');
    });
  }

  /** Ends the connection. */
  close(): void {
    this.#redis.disconnect();
  }
}
