import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// Works without the native engine's download: the stand-in runs the WASM build of the same version. Only the CLI reads this file.
if (!process.env['PRISMA_NATIVE_ENGINE']) {
  process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= fileURLToPath(new URL('../../tools/prisma/schema-engine-shim.mjs', import.meta.url));
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: {
    url: process.env['DATABASE_URL'] ?? process.env['DATABASE_URL_OWNER'] ?? 'postgresql://holdfast_owner@127.0.0.1:5432/holdfast',
  },
});
