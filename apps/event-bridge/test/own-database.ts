import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);
const IN_USE = '55006';
const root = join(import.meta.dirname, '../../..');

/** A database of the test's own on the real server: a relay marks every row it finds, so it must not see those of others. */
export class OwnDatabase {
  private constructor(private readonly name: string) {}

  /** Creates it and applies the migrations. */
  static async create(): Promise<OwnDatabase> {
    const database = new OwnDatabase(`holdfast_bridge_${randomBytes(4).toString('hex')}`);
    await withClient(address('OWNER'), (client) => client.query(`CREATE DATABASE ${database.name}`));
    await run(process.execPath, [join(root, 'tools/prisma/migrate-deploy.mjs'), join(root, 'libs/persistence/prisma/migrations')], {
      env: { ...process.env, DATABASE_URL: database.url('OWNER') },
    });
    return database;
  }

  /** Its address for a role. */
  url(role: 'OWNER' | 'GATEWAY' | 'WORKER' | 'RELAY'): string {
    const url = new URL(address(role));
    url.pathname = `/${this.name}`;
    return url.href;
  }

  /** SQL as its owner; as a tenant when one is given, because row level security binds the owner too. */
  async query<T extends pg.QueryResultRow>(sql: string, params: unknown[] = [], tenantId?: string): Promise<T[]> {
    return withClient(this.url('OWNER'), async (client) => {
      if (tenantId !== undefined) await client.query(`SELECT set_config('app.tenant_id', $1, false)`, [tenantId]);
      return (await client.query<T>(sql, params)).rows;
    });
  }

  /** SQL as the relay, which sees every tenant. */
  async asRelay<T extends pg.QueryResultRow>(sql: string, params: unknown[] = []): Promise<T[]> {
    return withClient(this.url('RELAY'), async (client) => (await client.query<T>(sql, params)).rows);
  }

  /** Drops it, once the server has noticed that its killed clients are gone. */
  async drop(): Promise<void> {
    await withClient(address('OWNER'), async (client) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await client.query(`DROP DATABASE IF EXISTS ${this.name}`);
        } catch (error) {
          if (tries === 50 || (error as { code?: unknown }).code !== IN_USE) throw error;
          await sleep(200);
        }
      }
    });
  }
}

function address(role: string): string {
  const url = process.env[`DATABASE_URL_${role}`];
  if (url === undefined) throw new Error(`DATABASE_URL_${role} is not set: integration tests need the real servers`);
  return url;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 60_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
