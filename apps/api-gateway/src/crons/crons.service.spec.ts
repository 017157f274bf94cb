import { HoldfastError } from '@holdfast/contracts/errors';
import type { CronFields, CronRow, CronsRepository, CronUpdate, ThreadsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { testConfig } from '../../test/gateway-fixture';
import type { AssistantDirectory } from '../assistants/assistant-directory';
import type { TemporalLink } from '../connections/temporal-link';
import type { CronSyncService } from './cron-sync.service';
import { CronsService } from './crons.service';

const now = new Date(0);
const before = {
  cron_id: 'c', assistant_id: 'a', thread_id: null, schedule: '@daily', timezone: null, end_time: null, enabled: true, overlap: 'allow', on_run_completed: 'delete',
  payload: { input: 1 }, metadata: {}, user_id: 'author', roles: ['admin'], next_run_at: null, problem: null, revision: 1, created_at: now, updated_at: now,
} as unknown as CronRow;
const ctx = { tenantId: 't', principalId: 'other', roles: ['viewer'] } as unknown as TenantContext;

/** The service over one cron; gives the changes that it made. */
function over(sync: () => Promise<void>): { service: CronsService; changes: Partial<CronFields>[] } {
  const changes: Partial<CronFields>[] = [];
  let row = before;
  const crons = {
    get: () => Promise.resolve(row),
    update: (_: unknown, _id: string, { change }: CronUpdate) => {
      changes.push(change);
      row = { ...row, ...change, revision: row.revision + 1 } as CronRow;
      return Promise.resolve(row);
    },
  } as unknown as CronsRepository;
  const service = new CronsService(crons, {} as ThreadsRepository, {} as AssistantDirectory, { sync } as unknown as CronSyncService, {} as TemporalLink, testConfig());
  return { service, changes };
}

describe('a change of a cron', () => {
  it('makes its runs act as who changed it', async () => {
    const { service, changes } = over(() => Promise.resolve());
    expect(await service.update(ctx, 'c', { input: 2 })).toMatchObject({ user_id: 'other', payload: { input: 2 } });
    expect(changes).toMatchObject([{ user_id: 'other', roles: ['viewer'] }]);
  });

  it.each(['@every 30s', '*/20 * * * * * *'])('to %s is refused: it would fire too often', async (schedule) => {
    const { service, changes } = over(() => Promise.resolve());
    await expect(service.update(ctx, 'c', { schedule })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', fields: [{ path: 'schedule' }] });
    expect(changes).toEqual([]);
  });

  it('that is refused leaves whom they act as', async () => {
    const { service, changes } = over(() => Promise.reject(new HoldfastError('INVALID_ARGUMENT', 'not a schedule')));
    await expect(service.update(ctx, 'c', { schedule: 'never' })).rejects.toThrow('not a schedule');
    expect(changes.at(-1)).toMatchObject({ schedule: '@daily', user_id: 'author', roles: ['admin'], problem: null });
  });
});
