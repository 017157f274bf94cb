// What `npm start` does between servers and apps, for compose: migrations, Temporal namespace and indexes, development tenant and key.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { dropUnusedIndexes } from '../tools/stack/src/servers/temporal.ts';
import { ensureNamespace } from '../tools/stack/src/servers/temporal-client.ts';

const run = (...args) =>
  new Promise((resolve, reject) => {
    spawn(process.execPath, args, { stdio: 'inherit' })
      .once('error', reject)
      .once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${args[0]} ended with ${code}`))));
  });

await run('tools/prisma/migrate-deploy.mjs', 'libs/persistence/prisma/migrations');
await ensureNamespace(process.env.TEMPORAL_ADDRESS, process.env.TEMPORAL_NAMESPACE, {
  retentionDays: 3,
  timeoutMs: 120_000,
  signal: AbortSignal.timeout(150_000),
});
// The server answers, so its schema is there.
await dropUnusedIndexes(process.env.TEMPORAL_VISIBILITY_URL, resolve(import.meta.dirname, '..'));
// Prints {"tenant_id","api_key"}: `docker compose logs setup` shows the key.
await run('libs/persistence/scripts/dev-tenant.ts');
