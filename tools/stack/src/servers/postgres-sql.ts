import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECK_TIMEOUT_MS } from '../kit/checks.ts';
import type { Secrets } from '../secrets.ts';
import { HOST } from './stack-context.ts';

/** Longest a bootstrap statement may take, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** A connection URL of our server. */
export function postgresUrl(at: { port: number; user: string; password: string; database: string }): string {
  return `postgresql://${at.user}:${at.password}@${HOST}:${at.port}/${at.database}`;
}

/** Opens a connection, runs one statement, closes. Used as health check: rejects within CHECK_TIMEOUT_MS. */
export async function queryOnce(url: string, sql: string): Promise<void> {
  await withClient(url, CHECK_TIMEOUT_MS, async (run) => void (await run(sql)));
}

type Run = (sql: string, parameters?: readonly string[]) => Promise<readonly Record<string, unknown>[]>;

/** Runs `work` on one connection and closes it. */
export async function withClient<T>(url: string, timeoutMs: number, work: (run: Run) => Promise<T>): Promise<T> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: Math.min(timeoutMs, 10_000), query_timeout: timeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(async (sql, parameters) => {
      const result = await client.query<Record<string, unknown>>(sql, parameters === undefined ? undefined : [...parameters]);
      return result.rows;
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Makes roles and databases of infra/postgres; harmless to repeat. `superuserUrl` points to the maintenance database. */
export async function bootstrapDatabases(superuserUrl: string, checkout: string, secrets: Secrets): Promise<void> {
  const script = (name: string): string => readFileSync(join(checkout, 'infra/postgres', name), 'utf8');
  await withClient(superuserUrl, STATEMENT_TIMEOUT_MS, async (run) => {
    for (const role of ['owner', 'gateway', 'worker', 'tools', 'relay', 'temporal'] as const) {
      await run('select set_config($1, $2, false)', [`holdfast.password_${role}`, secrets[role]]);
    }
    await run(script('bootstrap.sql'));
    const rows = await run('select datname from pg_database');
    const existing = new Set(rows.map((row) => row['datname']));
    for (const [database, owner] of DATABASES) {
      if (!existing.has(database)) await run(`create database ${database} owner ${owner}`);
    }
  });
  await withClient(inDatabase(superuserUrl, 'holdfast'), STATEMENT_TIMEOUT_MS, (run) => run(script('database-holdfast.sql')));
  await withClient(inDatabase(superuserUrl, 'temporal_visibility'), STATEMENT_TIMEOUT_MS, (run) =>
    run(script('database-temporal-visibility.sql')),
  );
}

/** Makes a fresh copy of the migrated, unused database `holdfast` under another name, with the same rights. */
export async function copyDatabase(superuserUrl: string, checkout: string, name: string): Promise<void> {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`not a plain database name: ${name}`);
  await withClient(superuserUrl, STATEMENT_TIMEOUT_MS, async (run) => {
    await run(`drop database if exists ${name} with (force)`);
    await run(`create database ${name} template holdfast owner holdfast_owner`);
  });
  const grants = readFileSync(join(checkout, 'infra/postgres/database-holdfast.sql'), 'utf8');
  await withClient(inDatabase(superuserUrl, name), STATEMENT_TIMEOUT_MS, (run) => run(grants));
}

const DATABASES = [
  ['holdfast', 'holdfast_owner'],
  ['temporal', 'temporal'],
  ['temporal_visibility', 'temporal'],
] as const;

/** The same server and user, another database. */
export function inDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

/** The same server and database, another user. */
export function asRole(url: string, user: string, password: string): string {
  const other = new URL(url);
  other.username = user;
  other.password = password;
  return other.href;
}
