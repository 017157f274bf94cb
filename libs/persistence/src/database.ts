import { HoldfastError } from '@holdfast/contracts/errors';
import pg from 'pg';
import { Connection } from './connection';
import { isTransient, toHoldfastError } from './database-errors';
import { tenantIdOf, type TenantScope } from './tenant-scope';

/** Options of {@link createDatabase}. */
export interface DatabaseOptions {
  /** Connection URL of an application role; never the owner, never a superuser. */
  readonly url: string;
  /** Most open connections, 1..100. */
  readonly maxConnections: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Longest a statement may run, milliseconds; default 10 000. */
  readonly statementTimeoutMs?: number;
  /** Longest wait for a lock, milliseconds; default 5 000. */
  readonly lockTimeoutMs?: number;
  /** Longest wait for a connection, from the pool or new, milliseconds; default 5 000. */
  readonly connectTimeoutMs?: number;
  /** Most callers waiting for a connection; more are refused at once. Default 1 000. */
  readonly maxWaiting?: number;
}

/** SQL of one open transaction. Rows are unknown: every repository parses them. */
export interface Sql {
  query(text: string, params?: readonly unknown[]): Promise<readonly unknown[]>;
}

/** One statement that sets the tenant itself, see {@link Database.callTenant}. */
export interface TenantCall {
  /** Name of the prepared statement. */
  readonly name: string;
  readonly text: string;
  /** Longest that it may run, milliseconds, in place of the database's own; of {@link Database.callSystem} only, which then needs four round trips. */
  readonly timeoutMs?: number;
}

const TRIES = 3;
const DRIVER_MARGIN_MS = 2_000;

/**
 * Opens no connection yet: an app may start before its database does.
 * @throws TypeError for a malformed URL.
 */
export function createDatabase(options: DatabaseOptions): Database {
  return new Database(options);
}

/** The only door to PostgreSQL. Every method throws HoldfastError: DEPENDENCY_UNAVAILABLE, DEADLINE_EXCEEDED, CONFLICT, … */
export class Database {
  readonly #pool: pg.Pool;
  readonly #maxWaiting: number;

  constructor(options: DatabaseOptions) {
    const statementTimeoutMs = options.statementTimeoutMs ?? 10_000;
    this.#maxWaiting = options.maxWaiting ?? 1_000;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.maxConnections,
      application_name: options.applicationName,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      idleTimeoutMillis: 60_000,
      statement_timeout: statementTimeoutMs,
      lock_timeout: options.lockTimeoutMs ?? 5_000,
      idle_in_transaction_session_timeout: 15_000,
      // The server enforces the first; this one covers a server that does not answer at all.
      query_timeout: statementTimeoutMs + DRIVER_MARGIN_MS,
      keepAlive: true,
    });
    // An idle connection that breaks is replaced on next use; without a listener it would end the process. The pool's own listener
    // comes off when a connection is handed out, and the server's farewell may stand in the very packet that completed the login.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => void client.on('error', () => undefined));
  }

  /**
   * Runs `fn` in one transaction that sees and writes rows of this tenant only. Commits when it returns, rolls back when it
   * throws. After a deadlock or serialisation failure it runs again, at most three times: it must have no other effects.
   */
  async withTenant<T>(scope: TenantScope, fn: (tx: Sql) => Promise<T>): Promise<T> {
    // The id is a checked UUID, so it may stand in the text; one simple query saves a round trip.
    const begin = `BEGIN; SELECT set_config('app.tenant_id', '${tenantIdOf(scope)}', true)`;
    return this.#retrying(() => this.#transaction(begin, fn));
  }

  /**
   * The same door for one statement: its own transaction, one round trip. The statement must be a call of a function whose first
   * argument is `set_config('app.tenant_id', $1, true)`, or made of it: arguments are evaluated before the function's body, so policies see it.
   * @internal for repositories
   */
  async callTenant(scope: TenantScope, call: TenantCall, params: readonly unknown[]): Promise<readonly unknown[]> {
    const values = [tenantIdOf(scope), ...params];
    return this.#retrying(() => this.#using(async (c) => (await c.query({ ...call, values })).rows as unknown[]));
  }

  /**
   * A transaction without a tenant: policies hide every tenant's rows. For SECURITY DEFINER functions and for tables that belong to
   * no tenant. The reason stands in the SQL that the server logs.
   */
  async system<T>(reason: string, fn: (sql: Sql) => Promise<T>): Promise<T> {
    if (!/^[a-z][a-z-]{0,40}$/.test(reason)) throw new TypeError('a system reason is lower-case words joined by dashes');
    return this.#retrying(() => this.#transaction(`BEGIN /* system: ${reason} */`, fn));
  }

  /** One prepared statement without a tenant, in one round trip. @internal for repositories */
  async callSystem(call: TenantCall, params: readonly unknown[]): Promise<readonly unknown[]> {
    const { timeoutMs, ...statement } = call;
    const query = { ...statement, values: [...params] };
    if (timeoutMs === undefined) return this.#retrying(() => this.#using(async (c) => (await c.query(query)).rows as unknown[]));
    // The driver's own time-out covers a server that does not answer at all.
    const patient = { ...query, query_timeout: timeoutMs + DRIVER_MARGIN_MS };
    return this.#retrying(() =>
      this.#transaction(`BEGIN; SET LOCAL statement_timeout = ${Math.ceil(timeoutMs)}`, async (_, c) => (await c.query(patient)).rows as unknown[]),
    );
  }

  /** Answers when the database does. For readiness checks. */
  async ping(): Promise<void> {
    await this.#using((c) => c.query('SELECT 1'));
  }

  /** For metrics. */
  stats(): { total: number; idle: number; waiting: number } {
    return { total: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount };
  }

  /** Takes a connection out of the pool for something that lives as long as a session, such as advisory locks. @internal */
  async session(): Promise<Connection> {
    return this.#acquire();
  }

  /** Closes connections as they become idle. */
  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #transaction<T>(begin: string, fn: (tx: Sql, connection: Connection) => Promise<T>): Promise<T> {
    return this.#using(async (connection) => {
      await connection.query(begin);
      try {
        const result = await fn({ query: async (text, params = []) => (await connection.query(text, params)).rows as unknown[] }, connection);
        const { command } = await connection.query('COMMIT');
        // What COMMIT answers in a transaction that has failed: somebody swallowed the error.
        if (command === 'ROLLBACK') throw new HoldfastError('INTERNAL', 'the transaction had failed and was rolled back');
        return result;
      } catch (error) {
        if (!connection.broken) await connection.query('ROLLBACK').catch(() => connection.discard());
        throw error;
      }
    });
  }

  async #using<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#acquire();
    try {
      return await use(connection);
    } finally {
      connection.release();
    }
  }

  async #acquire(): Promise<Connection> {
    if (this.#pool.waitingCount >= this.#maxWaiting) {
      throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'too many callers wait for a database connection', { retryAfterMs: 1_000 });
    }
    try {
      return new Connection(await this.#pool.connect());
    } catch (error) {
      throw toHoldfastError(error);
    }
  }

  async #retrying<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        if (tries >= TRIES || !isTransient(error)) throw error;
        await new Promise((done) => setTimeout(done, Math.random() * 20 * 2 ** tries));
      }
    }
  }
}
