// Makes the development tenant and an API key, and prints them as one line of JSON: {"tenant_id","api_key"}.
//   DATABASE_URL=<url of holdfast_owner> [HOLDFAST_API_KEY=<key to keep while it works>] node scripts/dev-tenant.ts [slug]
import pg from 'pg';
import { provisionTenant } from '../src/provisioning.ts';

const url = process.env['DATABASE_URL'];
if (url === undefined) throw new Error('DATABASE_URL is not set: it must name the database as holdfast_owner');
const slug = process.argv[2] ?? 'dev';

const owner = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 10_000 });
await owner.connect();
try {
  const { tenantId, apiKey } = await provisionTenant(owner, {
    slug,
    name: slug === 'dev' ? 'Development' : slug,
    principalId: 'developer',
    roles: ['admin'],
    apiKey: process.env['HOLDFAST_API_KEY'],
  });
  process.stdout.write(`${JSON.stringify({ tenant_id: tenantId, api_key: apiKey })}\n`);
} finally {
  await owner.end();
}
