import type { CheckpointsRepository, RunRow, RunsRepository } from '@holdfast/persistence';
import type { TemporalLink } from '../connections/temporal-link';
import type { Hydrator } from '../streaming/hydrator';
import type { CreateRunCommand, RunCreationService } from './run-creation.service';
import { checkpointIdOf, identityOf } from './run-kwargs';
import { RunRepairService } from './run-repair.service';

const ctx = { tenantId: 't', principalId: 'operator', roles: ['operator'], requestId: 'r' };
const user = identityOf({ ...ctx, principalId: 'user', roles: ['user'] });
const place = { threadId: 'th', runId: '01890000-0000-7000-8000-000000000001' };

const failedRun = (more: Partial<RunRow> = {}): RunRow =>
  ({
    run_id: place.runId, thread_id: 'th', assistant_id: 'a', graph_id: 'g', status: 'error', has_state: true, metadata: {},
    kwargs: { input: { x: 1 }, config: { configurable: { own: 1, ...user } } },
    ...more,
  }) as unknown as RunRow;

describe('the repair of a run that failed', () => {
  let run: RunRow;
  let made: CreateRunCommand[];
  let edits: unknown[];
  let hasEdit: boolean;
  let repairs: RunRepairService;
  beforeEach(() => {
    run = failedRun();
    made = [];
    edits = [];
    hasEdit = false;
    repairs = new RunRepairService(
      { get: async () => run, list: async () => [run] } as unknown as RunsRepository,
      {
        get: async () => ({ checkpoint_id: 'c', tasks: hasEdit ? [{ name: 'next' }] : [{ name: 'ask', error: 'no' }] }),
        hasEdit: async () => hasEdit,
      } as unknown as CheckpointsRepository,
      { create: async (_: unknown, command: CreateRunCommand) => (made.push(command), run) } as unknown as RunCreationService,
      { threads: () => ({ editState: async (...edit: unknown[]) => void edits.push(edit) }) } as unknown as TemporalLink,
      { hydrate: async (_: unknown, value: unknown) => value } as unknown as Hydrator,
    );
  });

  it('acts on behalf of who made the run, not of the operator', async () => {
    await repairs.retry(ctx, place);
    await repairs.skip(ctx, place, null);
    expect(made.map(({ identity }) => identity)).toEqual([user, user]);
    expect(made[0]?.body.metadata).toMatchObject({ operator: 'operator' });
  });

  it('makes the run of a skip whose request came only so far as to edit the state', async () => {
    await repairs.skip(ctx, place, null);
    hasEdit = true;
    await repairs.skip(ctx, place, null);
    expect([edits.length, made.length]).toEqual([1, 2]);
  });

  it('begins a forked run that had no state yet from the same checkpoint again, and goes on from its state otherwise', async () => {
    const kwargs = { ...failedRun().kwargs, checkpoint_id: 'fork', config: { configurable: { checkpoint_id: 'fork' } } };
    for (const has_state of [false, true]) {
      run = failedRun({ kwargs, has_state });
      await repairs.retry(ctx, place);
    }
    expect(made.map(({ body }) => [checkpointIdOf(body), body.input])).toEqual([['fork', { x: 1 }], [undefined, null]]);
  });
});
