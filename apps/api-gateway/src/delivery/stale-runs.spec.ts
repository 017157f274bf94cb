import type { RunsRepository, StaleRun } from '@holdfast/persistence';
import { testConfig } from '../../test/gateway-fixture';
import type { TemporalLink } from '../connections/temporal-link';
import type { Delivery, DeliveryService } from './delivery.service';
import { StaleRunsService } from './stale-runs.service';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('stale runs', () => {
  it.each([
    ['is left alone while its workflow is open', 'w1', 0],
    ['is delivered again when no workflow is open', null, 1],
    ['is delivered again when another execution is open', 'w2', 1],
  ])('one %s', async (_, open, deliveries) => {
    const run: StaleRun = { tenantId: '01890000-0000-7000-8000-000000000001', threadId: 'th', runId: 'r', graphId: 'g', traceparent: null, workflowRunId: 'w1' };
    const delivered: Delivery[] = [];
    const service = new StaleRunsService(
      { claimStaleRuns: () => Promise.resolve([run]) } as unknown as RunsRepository,
      { threads: () => ({ openExecution: () => Promise.resolve(open) }) } as unknown as TemporalLink,
      { deliverSoon: (_ctx: unknown, delivery: Delivery) => void delivered.push(delivery) } as unknown as DeliveryService,
      testConfig(),
      silent,
    );
    expect(await service.look()).toBe(1);
    expect(delivered).toEqual(Array.from({ length: deliveries }, () => ({ threadId: 'th', runId: 'r', graphId: 'g', now: true })));
  });

  it('that cannot be looked at keep no other from its turn', async () => {
    const ofThread = (threadId: string): StaleRun => ({ tenantId: '01890000-0000-7000-8000-000000000001', threadId, runId: 'r', graphId: 'g', traceparent: null, workflowRunId: 'w1' });
    const delivered: Delivery[] = [];
    const service = new StaleRunsService(
      { claimStaleRuns: () => Promise.resolve(['bad', 'good'].map(ofThread)) } as unknown as RunsRepository,
      { threads: () => ({ openExecution: (_: unknown, threadId: string) => (threadId === 'bad' ? Promise.reject(new Error('away')) : Promise.resolve(null)) }) } as unknown as TemporalLink,
      { deliverSoon: (_ctx: unknown, delivery: Delivery) => void delivered.push(delivery) } as unknown as DeliveryService,
      testConfig(),
      silent,
    );
    expect(await service.look()).toBe(2);
    expect(delivered.map(({ threadId }) => threadId)).toEqual(['good']);
  });
});
