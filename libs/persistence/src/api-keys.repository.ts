import { z } from 'zod';
import { hashApiKey, keyIdOf } from './api-key';
import type { Database, TenantCall } from './database';
import type { TenantScope } from './tenant-scope';

/** Whom a key stands for. */
export interface AuthenticatedKey {
  readonly tenantId: string;
  readonly principalId: string;
  readonly keyId: string;
  readonly roles: readonly string[];
}

const AUTHENTICATE: TenantCall = { name: 'authenticate', text: `SELECT * FROM executions.authenticate($1)` };
const keyRow = z.object({ tenant_id: z.string(), principal_id: z.string(), key_id: z.string(), roles: z.array(z.string()) });

/** API keys; only their SHA-256 is stored. */
export class ApiKeysRepository {
  constructor(private readonly db: Database) {}

  /** Null for an unknown, malformed or revoked key. A malformed one costs no database call. */
  async authenticate(apiKey: string): Promise<AuthenticatedKey | null> {
    if (keyIdOf(apiKey) === null) return null;
    const row = keyRow.optional().parse((await this.db.callSystem(AUTHENTICATE, [hashApiKey(apiKey)]))[0]);
    return row === undefined ? null : { tenantId: row.tenant_id, principalId: row.principal_id, keyId: row.key_id, roles: row.roles };
  }

  /** Takes effect with the next call of authenticate. False when the tenant has no such key or it was revoked before. */
  async revoke(scope: TenantScope, keyId: string): Promise<boolean> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`UPDATE executions.api_keys SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL RETURNING key_id`, [keyId]),
    );
    return rows.length > 0;
  }
}
