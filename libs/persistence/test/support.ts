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

/** Address of a role's database, from the environment that `npm test` sets. */
export function url(role: 'OWNER' | 'GATEWAY' | 'WORKER' | 'TOOLS' | 'RELAY'): string {
  const value = process.env[`DATABASE_URL_${role}`];
  if (value === undefined) throw new Error(`DATABASE_URL_${role} is not set: integration tests need the real server`);
  return value;
}

/** The databases of one test file, closed by `close`. */
export class Fixture {
  readonly #all: Database[] = [];
  readonly gateway = this.open('GATEWAY');
  readonly worker = this.open('WORKER');

  open(role: 'GATEWAY' | 'WORKER' | 'TOOLS' | 'RELAY', maxConnections = 10): Database {
    const database = createDatabase({ url: url(role), maxConnections, applicationName: `int-${role.toLowerCase()}` });
    this.#all.push(database);
    return database;
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((database) => database.close()));
  }
}

/** Runs SQL as the owner. */
export async function asOwner<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url('OWNER') });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** A tenant of its own for a test, with an API key. */
export async function aTenant(): Promise<{ scope: TenantScope; apiKey: string }> {
  const slug = `int-${v7()}`;
  const made = await asOwner((owner) => provisionTenant(owner, { slug, name: slug, principalId: 'tester', roles: ['admin'] }));
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
