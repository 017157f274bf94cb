import type { Database } from './database';
import type { TenantScope } from './tenant-scope';

/** Whom a key stands for. */
export interface AuthenticatedKey {
  readonly tenantId: string;
  readonly principalId: string;
  readonly keyId: string;
  readonly roles: readonly string[];
}

/** API keys; only their SHA-256 is stored. */
export class ApiKeysRepository {
  constructor(protected readonly db: Database) {}

  /** Null for an unknown, malformed or revoked key. */
  async authenticate(_apiKey: string): Promise<AuthenticatedKey | null> {
    throw new Error('not built yet');
  }

  /** Takes effect with the next call of authenticate. False when there is no such key. */
  async revoke(_scope: TenantScope, _keyId: string): Promise<boolean> {
    throw new Error('not built yet');
  }
}
