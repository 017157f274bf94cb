import type { CheckpointRow, CheckpointsRepository, ThreadRow, ThreadsRepository } from '@holdfast/persistence';
import { Hydrator } from '../streaming/hydrator';
import { ThreadStateService } from './thread-state.service';
import { ThreadsService } from './threads.service';
import { historySchema, threadSearchSchema } from './threads.schema';

// What is not shown is not looked up: long texts of values cost a query and their size.

const ctx = { tenantId: 't', principalId: 'p', roles: [], requestId: 'r' };
const HASH = `sha256:${'0'.repeat(64)}`;
const at = new Date(0);
const values = { text: { $blob: HASH, bytes: 5_000, preview: 'x' }, n: 1 };
const thread = { thread_id: 't1', created_at: at, updated_at: at, state_updated_at: at, metadata: { m: 1 }, status: 'idle', config: {}, values, interrupts: {}, error: null } as unknown as ThreadRow;
const checkpoint = { thread_id: 't1', checkpoint_id: 'c', parent_checkpoint_id: null, values, next: [], tasks: [], metadata: {}, created_at: at } as unknown as CheckpointRow;

describe('select', () => {
  let reads: number;
  let hydrator: Hydrator;
  beforeEach(() => {
    reads = 0;
    hydrator = new Hydrator({ getMany: () => ((reads += 1), Promise.resolve(new Map([[HASH, 'long']]))) } as never);
  });

  it.each([
    [{ select: ['thread_id', 'metadata'] }, 0, { thread_id: 't1', metadata: { m: 1 } }],
    [{ select: ['thread_id', 'values'] }, 1, { thread_id: 't1', values: { text: 'long', n: 1 } }],
    [{ select: ['thread_id'], extract: { text: 'values.text' } }, 1, { thread_id: 't1', extracted: { text: 'long' } }],
    [{ select: ['thread_id'], extract: { m: 'metadata.m' } }, 0, { thread_id: 't1', extracted: { m: 1 } }],
    [{ select: ['thread_id'], extract: { bad: 'values[' } }, 0, { thread_id: 't1', extracted: { bad: null } }],
  ])('of a thread search with %j asks %i times for long texts', async (body, expected, shown) => {
    const threads = { search: () => Promise.resolve([thread]), count: () => Promise.resolve(1) } as unknown as ThreadsRepository;
    const page = await new ThreadsService(threads, {} as never, {} as never, {} as never, {} as never, hydrator).search(ctx, threadSearchSchema.parse(body));
    expect(page.items).toEqual([shown]);
    expect(reads).toBe(expected);
  });

  it.each([
    [['next', 'checkpoint'], 0],
    [['values.n'], 0],
    [['values.text'], 1],
    [null, 1],
  ])('of a state with %j asks %i times for long texts', async (select, expected) => {
    const checkpoints = { get: () => Promise.resolve(checkpoint), history: () => Promise.resolve([checkpoint]) } as unknown as CheckpointsRepository;
    const states = new ThreadStateService({ get: () => Promise.resolve(thread) } as unknown as ThreadsRepository, checkpoints, {} as never, hydrator);
    const state = await states.get(ctx, 't1', { select });
    expect(reads).toBe(expected);
    expect(await states.history(ctx, 't1', historySchema.parse({ select }))).toEqual([state]);
    expect(reads).toBe(2 * expected);
  });
});
