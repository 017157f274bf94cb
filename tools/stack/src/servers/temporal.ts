import { join } from 'node:path';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { runCommand } from '../kit/run-command.ts';
import type { ProcessSpec } from '../supervise/process-spec.ts';
import { withClient } from './postgres-sql.ts';
import { checkTemporal } from './temporal-client.ts';
import { HOST, baseEnvironment, portOf, type StackContext } from './stack-context.ts';

/** Where Temporal keeps its tables. */
export interface TemporalDatabase {
  readonly host: string;
  readonly port: number;
}

// MAINTENANCE: the version of the server binary; a new one needs its schema update.
const SCHEMA_OF = '1.31.2';
/** Longest that dropping indexes may take, ms. */
const DROP_TIMEOUT_MS = 60_000;

/** Creates or updates Temporal's two schemas; skipped when this server version did it in this home before. */
export async function prepareTemporalSchemas(context: StackContext, sqlTool: string, database: TemporalDatabase): Promise<void> {
  const folder = context.layout.data('temporal');
  mkdirSync(folder, { recursive: true });
  const done = join(folder, `schema-${SCHEMA_OF}-lean`);
  if (existsSync(done)) return;
  await Promise.all([
    prepareSchema(context, sqlTool, database, 'temporal', 'postgresql/v12/temporal'),
    prepareSchema(context, sqlTool, database, 'temporal_visibility', 'postgresql/v12/visibility'),
  ]);
  const visibility = `postgresql://temporal:${context.secrets.temporal}@${database.host}:${database.port}/temporal_visibility`;
  await dropUnusedIndexes(visibility, context.settings.checkout);
  writeFileSync(done, '');
}

/** Leaves Temporal's table of workflows with the indexes that something here can use; harmless to repeat. See infra/temporal/visibility-indexes.sql. */
export async function dropUnusedIndexes(visibilityUrl: string, checkout: string): Promise<void> {
  const script = readFileSync(join(checkout, 'infra/temporal/visibility-indexes.sql'), 'utf8');
  await withClient(visibilityUrl, DROP_TIMEOUT_MS, (run) => run(script));
}

async function prepareSchema(context: StackContext, sqlTool: string, at: TemporalDatabase, database: string, schema: string): Promise<void> {
  const run = (args: readonly string[]): Promise<string> =>
    runCommand(sqlTool, args, {
      env: {
        ...baseEnvironment(context),
        // in the environment, so that the password does not stand in the process list
        SQL_PLUGIN: 'postgres12_pgx',
        SQL_HOST: at.host,
        SQL_PORT: String(at.port),
        SQL_USER: 'temporal',
        SQL_PASSWORD: context.secrets.temporal,
        SQL_DATABASE: database,
      },
      signal: context.signal,
      logFile: context.layout.log('temporal-schema'),
      timeoutMs: 5 * 60_000,
    });
  // setup-schema makes the version tables when they are missing and leaves an existing version alone
  await run(['setup-schema', '-v', '0.0']);
  await run(['update-schema', '--schema-name', schema]);
}

/** The Temporal server process: all four roles, embedded configuration template filled from the environment. */
export function temporalSpec(context: StackContext, server: string, database: TemporalDatabase): ProcessSpec {
  const port = (name: Parameters<typeof portOf>[1]): string => String(portOf(context.ports, name));
  const address = `${HOST}:${port('temporal')}`;
  return {
    name: 'temporal',
    command: server,
    args: ['--allow-no-auth', 'start'],
    env: {
      ...baseEnvironment(context),
      LOG_LEVEL: 'warn',
      DB: 'postgres12_pgx',
      POSTGRES_SEEDS: database.host,
      DB_PORT: String(database.port),
      POSTGRES_USER: 'temporal',
      POSTGRES_PWD: context.secrets.temporal,
      DBNAME: 'temporal',
      VISIBILITY_DBNAME: 'temporal_visibility',
      SQL_MAX_CONNS: '40',
      SQL_MAX_IDLE_CONNS: '40',
      // immutable after the first start
      NUM_HISTORY_SHARDS: '4',
      BIND_ON_IP: HOST,
      TEMPORAL_BROADCAST_ADDRESS: HOST,
      FRONTEND_GRPC_PORT: port('temporal'),
      FRONTEND_HTTP_PORT: port('temporal-http'),
      FRONTEND_MEMBERSHIP_PORT: port('temporal-frontend-membership'),
      HISTORY_GRPC_PORT: port('temporal-history'),
      HISTORY_MEMBERSHIP_PORT: port('temporal-history-membership'),
      MATCHING_GRPC_PORT: port('temporal-matching'),
      MATCHING_MEMBERSHIP_PORT: port('temporal-matching-membership'),
      WORKER_GRPC_PORT: port('temporal-worker'),
      WORKER_MEMBERSHIP_PORT: port('temporal-worker-membership'),
      DYNAMIC_CONFIG_FILE_PATH: join(context.settings.checkout, 'infra/temporal/dynamic-config.yaml'),
      // measured: 2-24 % less server CPU per run
      GOGC: '400',
      GOMEMLIMIT: '1536MiB',
    },
    cwd: context.layout.home,
    port: portOf(context.ports, 'temporal'),
    check: () => checkTemporal(address),
    // it waits for its pollers to go; nothing is lost when it is killed, its state is in PostgreSQL
    stopTimeoutMs: 5_000,
  };
}
