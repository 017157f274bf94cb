import { HoldfastError } from '@holdfast/contracts/errors';
import type { CronRow, CronsRepository } from '@holdfast/persistence';
import { testConfig } from '../../test/gateway-fixture';
import type { TemporalLink } from '../connections/temporal-link';
import { CronSyncService } from './cron-sync.service';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const TENANT = '01890000-0000-7000-8000-000000000001';
const aCron = (over: Partial<CronRow>): CronRow =>
  ({ tenant_id: TENANT, cron_id: 'c', schedule: '@daily', timezone: null, end_time: null, enabled: true, revision: 2, synced_revision: 1, deleted: false, ...over }) as CronRow;

/** A round over one cron; gives the calls, in their order. */
async function callsOf(cron: CronRow, answers: Record<string, unknown> = {}): Promise<string[]> {
  const calls: string[] = [];
  const spy = (owner: string) =>
    new Proxy({}, {
      get: (_, name: string) => (...args: unknown[]) => {
        if (name === 'claimUnsynced') return Promise.resolve([cron]);
        calls.push(name === 'refuse' ? `${owner}.refuse ${String(args[2])}` : `${owner}.${name}`);
        const answer = answers[`${owner}.${name}`];
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? true);
      },
    });
  const temporal = { crons: () => spy('schedules') } as unknown as TemporalLink;
  await new CronSyncService(spy('crons') as CronsRepository, temporal, testConfig(), silent).look();
  return calls;
}

describe('a round over the schedules of crons', () => {
  const unreadable = { 'schedules.put': new HoldfastError('INVALID_ARGUMENT', 'not a schedule') };

  it('switches one off that worked before and cannot be read any more, and stops its schedule', async () => {
    expect(await callsOf(aCron({}), unreadable)).toEqual(['schedules.put', 'schedules.pause', 'crons.refuse not a schedule']);
  });

  it('leaves one behind that was changed while it was given up', async () => {
    expect((await callsOf(aCron({}), { ...unreadable, 'crons.refuse': false })).slice(-2)).toEqual(['crons.refuse not a schedule', 'crons.synced']);
  });

  it('deletes one that was never good', async () => {
    expect(await callsOf(aCron({ revision: 1, synced_revision: 0 }), unreadable)).toEqual(['schedules.put', 'crons.delete']);
  });

  it('deletes the schedule of one that went while it was made', async () => {
    expect(await callsOf(aCron({}))).toEqual(['schedules.put', 'crons.synced']);
    expect(await callsOf(aCron({}), { 'crons.synced': false })).toEqual(['schedules.put', 'crons.synced', 'schedules.delete']);
  });

  it('leaves one to its lease when Temporal is away', async () => {
    const away = { 'schedules.put': new HoldfastError('DEPENDENCY_UNAVAILABLE', 'away') };
    expect(await callsOf(aCron({}), away)).toEqual(['schedules.put']);
  });
});
