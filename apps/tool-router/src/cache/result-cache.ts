import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A result as it is kept. */
export interface CachedResult {
  readonly content: readonly ({ type: string } & Record<string, unknown>)[];
  readonly structured?: unknown;
  readonly text: string;
  readonly bytes: number;
}

/** Keeps results of reading tools. May forget at any time; never fails, it only misses. */
export interface ResultCache {
  get(key: string): Promise<CachedResult | undefined>;
  set(key: string, result: CachedResult, ttlSeconds: number): Promise<void>;
}

/** What a cached result belongs to. Credentials to the servers are the operator's, so the principal plays no part. */
export interface CacheScope {
  readonly tenantId: string;
  /** Covers server, name, schemas and description: a changed definition never meets an old result. */
  readonly definitionHash: string;
  /** SHA-256 of the canonical arguments. */
  readonly argumentsSha256: string;
}

/** Key of a result. */
export function cacheKey({ tenantId, definitionHash, argumentsSha256 }: CacheScope): string {
  const digest = createHash('sha256').update(`${definitionHash}\0${argumentsSha256}`).digest('base64url');
  return `holdfast:tool-result:v1:${tenantId}:${digest}`;
}

/** Another version of us, or somebody else, may have written the entry. */
export const cachedResultSchema = z.object({
  content: z.array(z.looseObject({ type: z.string() })),
  structured: z.unknown().optional(),
  text: z.string(),
  bytes: z.number().int().nonnegative(),
});
