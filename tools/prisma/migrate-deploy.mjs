// Applies the migrations of libs/persistence with nothing but `pg`; bookkeeping identical to `prisma migrate deploy`.
// usage: DATABASE_URL=... node tools/prisma/migrate-deploy.mjs [migrationsDir]
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

const LOCK = 72707369; // the id Prisma's own engine locks on
const dir = process.argv[2] ?? 'libs/persistence/prisma/migrations';
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
try {
  await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
  await client.query(`CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL, "logs" TEXT, "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(), "applied_steps_count" INTEGER NOT NULL DEFAULT 0)`);
  const { rows } = await client.query('SELECT migration_name, checksum, finished_at, rolled_back_at FROM "_prisma_migrations"');
  const failed = rows.filter((r) => !r.finished_at && !r.rolled_back_at);
  if (failed.length) throw new Error(`P3009: failed migrations present: ${failed.map((r) => r.migration_name).join(', ')}`);
  const done = new Map(rows.filter((r) => r.finished_at && !r.rolled_back_at).map((r) => [r.migration_name, r.checksum]));
  let n = 0;
  for (const name of readdirSync(dir, { withFileTypes: true }).filter((d) => d.isDirectory()).map((d) => d.name).sort()) {
    const file = join(dir, name, 'migration.sql');
    if (!existsSync(file)) throw new Error(`P3015: ${file} is missing`);
    const script = readFileSync(file, 'utf8');
    const checksum = createHash('sha256').update(script).digest('hex');
    if (done.has(name)) { if (done.get(name) !== checksum) console.warn(`warning: ${name} was edited after it was applied`); continue; }
    const id = randomUUID();
    await client.query('INSERT INTO "_prisma_migrations" (id, checksum, migration_name) VALUES ($1, $2, $3)', [id, checksum, name]);
    try { await client.query(script); } catch (e) {
      await client.query('ROLLBACK').catch(() => {});
      await client.query('UPDATE "_prisma_migrations" SET logs = $2 WHERE id = $1', [id, `${e.message}`]);
      throw new Error(`P3018: ${name} failed: ${e.message}`, { cause: e });
    }
    await client.query('UPDATE "_prisma_migrations" SET finished_at = now(), applied_steps_count = applied_steps_count + 1 WHERE id = $1', [id]);
    console.log(`applied ${name}`); n++;
  }
  console.log(n ? `${n} migration(s) applied` : 'database is up to date');
} finally { await client.end(); }
