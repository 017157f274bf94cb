import type { ClaimedFiring, CronFiringsRepository, CronsRepository } from '@holdfast/persistence';
import { testConfig } from '../../test/gateway-fixture';
import type { TemporalLink } from '../connections/temporal-link';
import type { RunCreationService } from '../runs/run-creation.service';
import { CronFiringsService } from './cron-firings.service';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const TENANT = '01890000-0000-7000-8000-000000000001';
const moment = (cronId: string, n: number): ClaimedFiring => ({ tenantId: TENANT, cronId, scheduledAt: new Date(Date.UTC(2026, 0, n)), lease: 'then' });

/** A round over these moments; each run takes 20 ms to make. Gives them in the order of their making, and how many were made at once. */
async function round(moments: readonly ClaimedFiring[]): Promise<{ made: string[]; most: number; nexts: number; released: number }> {
  const made: string[] = [];
  const seen = { most: 0, nexts: 0, released: 0 };
  let open = 0;
  const crons = {
    get: () => Promise.resolve({ payload: {}, metadata: {}, overlap: 'allow', user_id: 'u', roles: [], thread_id: null }),
    noteNext: () => Promise.resolve(),
  } as unknown as CronsRepository;
  const firings = { claim: () => Promise.resolve([...moments]), finish: () => Promise.resolve(true), release: () => Promise.resolve(void (seen.released += 1)) } as unknown as CronFiringsRepository;
  const creation = {
    create: async (_: unknown, { idempotency }: { idempotency: { key: string } }) => {
      seen.most = Math.max(seen.most, (open += 1));
      await new Promise((done) => setTimeout(done, 20));
      open -= 1;
      made.push(idempotency.key);
      return { run_id: 'r' };
    },
  } as unknown as RunCreationService;
  const temporal = { crons: () => ({ next: () => Promise.resolve(((seen.nexts += 1), [])) }) } as unknown as TemporalLink;
  await new CronFiringsService(crons, firings, creation, temporal, testConfig(), silent).look();
  return { made, ...seen };
}

describe('a round over moments of crons', () => {
  it('makes the runs of several crons at once, within bounds', async () => {
    const { made, most } = await round(Array.from({ length: 40 }, (_, n) => moment(`c${n}`, 1)));
    expect(made).toHaveLength(40);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(16);
  });

  it('makes those of one cron one after the other, in their order', async () => {
    const { made, most, nexts, released } = await round([moment('c', 3), moment('c', 1), moment('c', 2)]);
    expect(made).toEqual([1, 2, 3].map((n) => `c/2026-01-0${n}T00:00:00.000Z`));
    expect([most, nexts, released]).toEqual([1, 1, 1]);
  });
});
