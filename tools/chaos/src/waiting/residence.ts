import { readStackProcesses, residentMiB } from '@holdfast/testing';
import pg from 'pg';
import type { ChaosStack } from '../chaos-stack';

/** What a stack takes up. */
export interface Residence {
  /** Resident memory of each app, MiB (proc(5), VmRSS). */
  readonly memoryMiB: Readonly<Record<string, number>>;
  /** Everything in PostgreSQL, Temporal's databases included. */
  readonly databaseBytes: number;
}

const APPS = ['worker', 'api-gateway', 'tool-router', 'event-bridge', 'temporal'];

/** What the stack takes up now. */
export async function residenceOf({ home, databaseUrl }: Pick<ChaosStack, 'home' | 'databaseUrl'>): Promise<Residence> {
  const processes = readStackProcesses(home).filter(({ name, pid }) => APPS.includes(name) && pid > 0);
  return { memoryMiB: Object.fromEntries(processes.map(({ name, pid }) => [name, Math.round(residentMiB(pid))])), databaseBytes: await databaseBytes(databaseUrl) };
}

async function databaseBytes(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000, query_timeout: 30_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ bytes: string }>('SELECT sum(pg_database_size(oid))::text AS bytes FROM pg_database WHERE NOT datistemplate');
    return Number(rows[0]?.bytes ?? 0);
  } finally {
    await client.end();
  }
}
