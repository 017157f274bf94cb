import { createHash } from 'node:crypto';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { ApiKeysRepository, AuthenticatedKey } from '@holdfast/persistence';
import { LRUCache } from 'lru-cache';

/** How long a good key is believed without asking again, ms: a revoked key works at most this long (design.md §9). */
export const KEY_CACHE_MS = 5_000;
/** The same for a wrong key, so that a new key works soon. */
export const WRONG_KEY_CACHE_MS = 1_000;
const MAX_CACHED_KEYS = 10_000;
const MAX_KEY_LENGTH = 512;

type Verdict = { readonly key: AuthenticatedKey | null };

/** Looks API keys up by their hash, with a small and short-lived memory. Keeps no key, only its SHA-256. */
export class ApiKeyAuthenticator {
  readonly #verdicts = new LRUCache<string, Verdict>({ max: MAX_CACHED_KEYS });
  readonly #lookups = new Map<string, Promise<AuthenticatedKey | null>>();

  constructor(private readonly keys: Pick<ApiKeysRepository, 'authenticate'>) {}

  /**
   * Whom the key stands for.
   * @throws HoldfastError UNAUTHENTICATED, or DEPENDENCY_UNAVAILABLE when PostgreSQL is away and the key is not remembered
   */
  async authenticate(apiKey: string | undefined): Promise<AuthenticatedKey> {
    if (apiKey === undefined || apiKey === '') throw unauthenticated('An API key is needed: send it as x-api-key.');
    if (apiKey.length > MAX_KEY_LENGTH) throw unauthenticated('The API key is not valid.');
    const hash = createHash('sha256').update(apiKey).digest('base64');
    const remembered = this.#verdicts.get(hash);
    const key = remembered === undefined ? await this.#lookUp(hash, apiKey) : remembered.key;
    if (key === null) throw unauthenticated('The API key is not valid.');
    return key;
  }

  /** One query for all requests that ask for the same key at the same time. */
  async #lookUp(hash: string, apiKey: string): Promise<AuthenticatedKey | null> {
    const running = this.#lookups.get(hash);
    if (running !== undefined) return running;
    const lookup = this.keys
      .authenticate(apiKey)
      .then((key) => {
        this.#verdicts.set(hash, { key }, { ttl: key === null ? WRONG_KEY_CACHE_MS : KEY_CACHE_MS });
        return key;
      })
      .finally(() => this.#lookups.delete(hash));
    this.#lookups.set(hash, lookup);
    return lookup;
  }
}

function unauthenticated(message: string): HoldfastError {
  return new HoldfastError('UNAUTHENTICATED', message);
}
