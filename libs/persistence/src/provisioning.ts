import { randomBytes } from 'node:crypto';
import type { ClientBase } from 'pg';
import { v7 } from 'uuid';
// With its suffix, because scripts/dev-tenant.ts runs by Node's type stripping.
import { formatApiKey, hashApiKey, keyIdOf } from './api-key.ts';

/** A tenant to make or find, and a key of it. */
export interface ProvisionRequest {
  /** Unique name of the tenant, such as `dev`. */
  readonly slug: string;
  readonly name: string;
  /** Whom the key stands for. */
  readonly principalId: string;
  readonly roles: readonly string[];
  /** A key to keep when it is a valid one of this tenant; otherwise a new one is made. */
  readonly apiKey?: string | undefined;
}

/** The only place where the key is readable: the database keeps its hash. */
export interface Provisioned {
  readonly tenantId: string;
  readonly apiKey: string;
}

/** Makes a tenant (when its slug is new) and an API key. Needs the owner's connection; applications cannot do this. */
export async function provisionTenant(owner: ClientBase, request: ProvisionRequest): Promise<Provisioned> {
  await owner.query('BEGIN');
  try {
    // Two provisioners of one slug wait here for each other.
    await owner.query(`SELECT pg_advisory_xact_lock(hashtext('holdfast.provision'))`);
    const found = await owner.query<{ tenant_id: string }>('SELECT tenant_id FROM executions.tenants WHERE slug = $1', [request.slug]);
    const tenantId = found.rows[0]?.tenant_id ?? v7();
    await owner.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId]);
    if (found.rows.length === 0) {
      await owner.query('INSERT INTO executions.tenants (tenant_id, slug, name) VALUES ($1, $2, $3)', [tenantId, request.slug, request.name]);
    }
    const apiKey = (await keepsWorking(owner, tenantId, request.apiKey)) ?? (await makeKey(owner, tenantId, request));
    await owner.query('COMMIT');
    return { tenantId, apiKey };
  } catch (error) {
    await owner.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function keepsWorking(owner: ClientBase, tenantId: string, apiKey: string | undefined): Promise<string | undefined> {
  if (apiKey === undefined || keyIdOf(apiKey) === null) return undefined;
  const { rows } = await owner.query('SELECT FROM executions.api_keys WHERE tenant_id = $1 AND hash = $2 AND revoked_at IS NULL', [
    tenantId,
    hashApiKey(apiKey),
  ]);
  return rows.length > 0 ? apiKey : undefined;
}

async function makeKey(owner: ClientBase, tenantId: string, request: ProvisionRequest): Promise<string> {
  const keyId = randomBytes(6).toString('hex');
  const apiKey = formatApiKey(keyId, randomBytes(24).toString('hex'));
  await owner.query(
    'INSERT INTO executions.api_keys (tenant_id, key_id, principal_id, name, hash, roles) VALUES ($1, $2, $3, $4, $5, $6)',
    [tenantId, keyId, request.principalId, `${request.slug} ${keyId}`, hashApiKey(apiKey), request.roles],
  );
  return apiKey;
}
