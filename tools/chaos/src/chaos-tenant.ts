import { provisionTenant } from '@holdfast/persistence/provisioning';
import pg from 'pg';

/** A tenant of its own for a chaos test. @param databaseUrl the owner's connection string */
export async function aTenant(databaseUrl: string, slug: string): Promise<{ tenantId: string; apiKey: string }> {
  const owner = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  await owner.connect();
  try {
    return await provisionTenant(owner, { slug, name: slug, principalId: 'chaos', roles: ['admin'] });
  } finally {
    await owner.end();
  }
}
