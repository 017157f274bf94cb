import type { AssistantRow, BlobsRepository, CheckpointsRepository, CreateRunInput, RunsRepository } from '@holdfast/persistence';
import type { NoticeBus } from '@holdfast/event-bus';
import { assistantNotFound, type AssistantDirectory } from '../assistants/assistant-directory';
import type { DeliveryService } from '../delivery/delivery.service';
import { RunCreationService } from './run-creation.service';
import type { RunCreate } from './runs.schema';

const ctx = { tenantId: 't', principalId: 'p', roles: [], requestId: 'r' };
const KNOWN = '01890000-0000-7000-8000-00000000000a';
const RUN_ID = '01890000-0000-7000-8000-000000000001';

describe('making runs', () => {
  let made: CreateRunInput[];
  let creation: RunCreationService;
  beforeEach(() => {
    made = [];
    const createRun = (_: unknown, input: CreateRunInput): Promise<unknown> => {
      made.push(input);
      const run = { run_id: input.runId, thread_id: input.threadId, graph_id: 'g', deliver_at: new Date(0), created_at: new Date(0) };
      return Promise.resolve({ kind: 'created', run, replayed: false, activeRun: null, activeRuns: [], notice: null });
    };
    const require = (_: unknown, ref: string): Promise<AssistantRow> =>
      ref === 'g' ? Promise.resolve({ assistant_id: 'a', graph_id: 'g', config: {}, context: {}, metadata: {} } as unknown as AssistantRow) : Promise.reject(assistantNotFound(ref));
    creation = new RunCreationService(
      { createRun } as unknown as RunsRepository,
      { putMany: () => Promise.resolve() } as unknown as BlobsRepository,
      { exists: (_: unknown, { checkpointId }: { checkpointId: string }) => Promise.resolve(checkpointId === KNOWN) } as unknown as CheckpointsRepository,
      { require } as unknown as AssistantDirectory,
      { deliverSoon: () => undefined } as unknown as DeliveryService,
      { publish: () => undefined } as unknown as NoticeBus,
    );
  });

  const good: RunCreate = { assistant_id: 'g' };

  it.each<[string, RunCreate, { code: string; path: string }]>([
    ['an unknown assistant', { assistant_id: 'nobody' }, { code: 'NOT_FOUND', path: '1.assistant_id' }],
    ['what is not supported', { ...good, webhook: 'https://example.org' }, { code: 'NOT_SUPPORTED', path: '1.webhook' }],
    ['a context that is none', { ...good, context: 7 }, { code: 'INVALID_ARGUMENT', path: '1.context' }],
  ])('makes none of several when one names %s', async (_, bad, { code, path }) => {
    const all = creation.createAll(ctx, [{ body: good }, { body: bad }]);
    await expect(all).rejects.toMatchObject({ code, fields: [{ path, message: expect.any(String) }] });
    expect(made).toEqual([]);
  });

  it('begins from no checkpoint but one of the thread', async () => {
    const unknown = { ...good, checkpoint_id: RUN_ID };
    const refused = { code: 'INVALID_ARGUMENT', fields: [{ path: 'checkpoint_id' }] };
    await expect(creation.create(ctx, { threadId: 't', body: unknown })).rejects.toMatchObject(refused);
    await expect(creation.create(ctx, { body: { ...good, checkpoint_id: KNOWN } })).rejects.toMatchObject(refused);
    expect(made).toEqual([]);
    await creation.create(ctx, { threadId: 't', body: { ...good, checkpoint_id: KNOWN.toUpperCase() } });
    expect(made[0]?.kwargs).toMatchObject({ checkpoint_id: KNOWN });
  });

  it('keeps long texts of the input apart, and hands configuration and context to the graph as they are', async () => {
    const long = 'x'.repeat(5_000);
    await creation.create(ctx, { body: { ...good, input: { text: long }, context: { prompt: long }, config: { configurable: { prompt: long } } } });
    expect(made[0]?.kwargs).toMatchObject({ context: { prompt: long }, config: { configurable: { prompt: long } } });
    expect(JSON.stringify(made[0]?.kwargs['input']).length).toBeLessThan(1_000);
  });

  it('makes several in their order', async () => {
    await creation.createAll(ctx, [{ body: { ...good, metadata: { n: 1 } } }, { body: { ...good, metadata: { n: 2 } } }]);
    expect(made.map(({ metadata }) => metadata)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('names the field of an unknown assistant', async () => {
    await expect(creation.create(ctx, { body: { assistant_id: 'nobody' } })).rejects.toMatchObject({ code: 'NOT_FOUND', fields: [{ path: 'assistant_id' }] });
  });

  it('hashes a request only when a repeat could be compared with it', async () => {
    await creation.create(ctx, { body: good });
    await creation.create(ctx, { body: { ...good, run_id: RUN_ID } });
    await creation.create(ctx, { body: good, idempotency: { route: 'createRun', key: 'k' } });
    const hex = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(made.map(({ requestHash }) => requestHash)).toEqual([undefined, hex, hex]);
  });
});
