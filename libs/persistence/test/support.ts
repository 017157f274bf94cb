import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { v4, v7 } from 'uuid';
import {
  createDatabase,
  type CheckpointDraft,
  type CreateRunInput,
  type Database,
  type ProgressBatch,
  type RunRef,
  type TenantScope,
} from '../src/index';
import { provisionTenant } from '../src/provisioning';

/** Roles that have an address. */
export type Role = 'OWNER' | 'GATEWAY' | 'WORKER' | 'TOOLS' | 'RELAY';

/** Address of a role's database, from the environment that `npm test` sets. */
export function url(role: Role): string {
  const value = process.env[`DATABASE_URL_${role}`];
  if (value === undefined) throw new Error(`DATABASE_URL_${role} is not set: integration tests need the real server`);
  return value;
}

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

/** Runs one of the workspace's scripts with this Node; rejects with `code` and `stdout` when it fails. */
export function script(path: string, args: readonly string[], databaseUrl: string): Promise<{ stdout: string; stderr: string }> {
  const { NODE_OPTIONS: _jestOnly, ...env } = process.env;
  return run(process.execPath, [fileURLToPath(new URL(`../../../${path}`, import.meta.url)), ...args], {
    cwd: PROJECT,
    env: { ...env, DATABASE_URL: databaseUrl, CHECKPOINT_DISABLE: '1' },
    timeout: 60_000,
  });
}

/** A migrated database of its own, for tests that touch what all tenants share; dropped by `drop`. */
export class ScratchDatabase {
  readonly #name = `int_${v7().replaceAll('-', '')}`;

  static async create(): Promise<ScratchDatabase> {
    const scratch = new ScratchDatabase();
    await asOwner((owner) => owner.query(`CREATE DATABASE ${scratch.#name}`));
    await scratch.migrate();
    return scratch;
  }

  async migrate(): Promise<string> {
    return (await script('tools/prisma/migrate-deploy.mjs', ['prisma/migrations'], this.url('OWNER'))).stdout;
  }

  url(role: Role): string {
    const address = new URL(url(role));
    address.pathname = `/${this.#name}`;
    return address.href;
  }

  async drop(): Promise<void> {
    // Not FORCE: the owner may not terminate an autovacuum worker, which a plain DROP sends away and waits for (up to 5 s).
    await asOwner((owner) => owner.query(`DROP DATABASE IF EXISTS ${this.#name}`));
  }
}

/** The databases of one test file, closed by `close`. */
export class Fixture {
  readonly #all: Database[] = [];

  readonly gateway: Database;
  readonly worker: Database;

  constructor(
    private readonly address: (role: Role) => string = url,
    /** Part of the connections' application name. */
    private readonly label = 'int',
  ) {
    this.gateway = this.open('GATEWAY');
    this.worker = this.open('WORKER');
  }

  open(role: Exclude<Role, 'OWNER'>, maxConnections = 10): Database {
    const database = createDatabase({ url: this.address(role), maxConnections, applicationName: `${this.label}-${role.toLowerCase()}` });
    this.#all.push(database);
    return database;
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((database) => database.close()));
  }
}

/** Runs SQL as the owner. */
export async function asOwner<T>(use: (client: pg.Client) => Promise<T>, address: (role: Role) => string = url): Promise<T> {
  const client = new pg.Client({ connectionString: address('OWNER') });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** A tenant of its own for a test, with an API key. */
export async function aTenant(address: (role: Role) => string = url): Promise<{ scope: TenantScope; apiKey: string }> {
  const slug = `int-${v7()}`;
  const made = await asOwner((owner) => provisionTenant(owner, { slug, name: slug, principalId: 'tester', roles: ['admin'] }), address);
  return { scope: { tenantId: made.tenantId }, apiKey: made.apiKey };
}

/** A run to create; a stateless one on a thread of its own unless told otherwise. */
export function aRun(over: Partial<CreateRunInput> = {}): CreateRunInput {
  return {
    runId: v7(),
    threadId: v7(),
    assistantId: v4(),
    graphId: 'test-graph',
    kwargs: { input: { messages: [] } },
    metadata: {},
    multitaskStrategy: 'enqueue',
    ifNotExists: 'create',
    ...over,
  };
}

/** A checkpoint with the given step. */
export function aCheckpoint(step: number, over: Partial<CheckpointDraft> = {}): CheckpointDraft {
  return {
    checkpointId: v4(),
    parentCheckpointId: null,
    step,
    source: 'loop',
    values: { step },
    next: [],
    tasks: [],
    metadata: { step, source: 'loop' },
    saved: `saved-${step}`,
    ...over,
  };
}

/** A step that a run has completed. */
export function stepCompleted(step: number): ProgressBatch['events'][number] {
  return { type: 'run.step-completed.v1', data: { step, checkpoint_id: null, parent_checkpoint_id: null, frames: [] } };
}

/** A commit with one event. */
export function aCommit(ref: RunRef, commit: number, over: Partial<ProgressBatch> = {}): ProgressBatch {
  return { ...ref, commit, events: [stepCompleted(commit)], checkpoints: [], ...over };
}
