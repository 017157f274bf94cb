#!/usr/bin/env node
// Stand-in for Prisma's native schema-engine, for environments without the native engine download.
//   PRISMA_SCHEMA_ENGINE_BINARY=$PWD/tools/prisma/schema-engine-shim.mjs npx prisma migrate deploy
// Same JSON-RPC-over-stdio protocol; the work is done by the WASM build of the same engine version.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { openEngine, panics } from './schema-engine.mjs';

const argv = process.argv.slice(2);
const opt = (name) => argv.flatMap((a, i) => (a === name ? [argv[i + 1]] : []));
const ds = JSON.parse(opt('--datasource')[0] ?? '{}');
const send = (m) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...m })}\n`);
const sql = async (url, text) => { const c = new pg.Client({ connectionString: url }); await c.connect(); try { await c.query(text); } finally { await c.end(); } };
const maintenance = (url) => { const u = new URL(url); const db = decodeURIComponent(u.pathname.slice(1)); u.pathname = '/postgres'; return [u.href, db]; };
const createDb = async (url) => { const [m, db] = maintenance(url); await sql(m, `CREATE DATABASE "${db}"`); return db; };

if (argv.includes('--version') || argv.includes('-V')) { console.log('schema-engine-cli wasm-shim'); process.exit(0); }
if (argv.includes('cli')) {
  try {
    const verb = argv[argv.indexOf('cli') + 1];
    if (verb === 'can-connect-to-database') await sql(ds.url, 'SELECT 1');
    else if (verb === 'create-database') await createDb(ds.url);
    else if (verb === 'drop-database') { const [m, db] = maintenance(ds.url); await sql(m, `DROP DATABASE IF EXISTS "${db}" WITH (FORCE)`); }
    else throw new Error(`unsupported: cli ${verb}`);
    process.exit(0);
  } catch (e) {
    const code = e.code === '3D000' ? 'P1003' : e.code === '28P01' ? 'P1000' : e.code === 'ECONNREFUSED' ? 'P1001' : undefined;
    process.stderr.write(`\n${JSON.stringify({ level: 'ERROR', target: 'schema_engine::logger', fields: { error_code: code, message: e.message } })}\n`);
    process.exit(1);
  }
}

const datamodels = opt('--datamodels').map((p) => [p, readFileSync(p, 'utf8')]);
let opened;
const engine = async () => (await (opened ??= openEngine({ url: ds.url, datamodels: datamodels.length ? datamodels : undefined, shadowUrl: ds.shadowDatabaseUrl }))).engine;
let printId = 1e6;

// A panic of the engine surfaces outside every await, and the CLI takes a silent end for "no difference": answer before going down.
let answering;
const panicked = (e) => {
  const message = panics.text ?? e?.stack ?? String(e);
  if (answering !== undefined) send({ id: answering, error: { code: 4466, message: 'An error happened. Check the data field for details.', data: { is_panic: false, message, error_code: null, meta: null, backtrace: null } } });
  process.stderr.write(`${message}\n`, () => process.exit(101));
};
process.on('uncaughtException', panicked);
process.on('unhandledRejection', panicked);

const overrides = {
  getDatabaseVersion: async () => (await engine()).version(),
  createDatabase: async () => ({ databaseName: await createDb(ds.url) }),
  dbExecute: async (p) => { await sql(ds.url, p.script); return {}; },
  // prints from the engine travel as a request back to the CLI
  diff: async (p) => {
    const r = await (await engine()).diff(p);
    if (r.stdout) send({ id: ++printId, method: 'print', params: { content: r.stdout.replace(/\n$/, '') } });
    return { exitCode: r.exitCode, stdout: null };
  },
  // the WASM engine has no shadow database behind createMigration; diff(from migrations) is equivalent
  createMigration: async (p) => {
    const d = await (await engine()).diff({
      from: { tag: 'migrations', ...p.migrationsList, lockfile: { ...p.migrationsList.lockfile, content: p.migrationsList.lockfile.content ?? 'provider = "postgresql"\n' } },
      to: { tag: 'schemaDatamodel', files: p.schema.files }, script: true, exitCode: true, filters: p.filters });
    const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
    const slug = p.migrationName.replace(/[^a-zA-Z0-9]+/g, '_').toLowerCase();
    return { connectorType: 'postgresql', extension: 'sql', generatedMigrationName: slug ? `${stamp}_${slug}` : stamp,
      migrationScript: d.exitCode === 2 || p.draft ? d.stdout : null };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  const { id, method, params } = JSON.parse(line);
  if (!method) continue;
  answering = id;
  try {
    const result = overrides[method] ? await overrides[method](params) : await (await engine())[method](params);
    send({ id, result: result ?? {} });
  } catch (e) {
    send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data: { is_panic: false, message: e.message, error_code: e.code, meta: e.meta ?? null, backtrace: null } } });
  }
}
process.exit(0);
