import type { DueDelivery, RunsRepository } from '@holdfast/persistence';
import { testConfig } from '../../test/gateway-fixture';
import type { Delivery, DeliveryService } from './delivery.service';
import { SweepService } from './sweep.service';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const due = (runId: string): DueDelivery => ({ tenantId: '01890000-0000-7000-8000-000000000001', threadId: 'th', runId, graphId: 'g', traceparent: null });

describe('the sweep', () => {
  it('delivers the rest of what it claimed when one cannot be delivered', async () => {
    const delivered: Delivery[] = [];
    const service = new SweepService(
      {
        claimDueDeliveries: () => Promise.resolve(['bad', 'good'].map(due)),
        get: (_: unknown, { runId }: { runId: string }) => (runId === 'bad' ? Promise.reject(new Error('broken')) : Promise.resolve(null)),
      } as unknown as RunsRepository,
      { deliverSoon: (_ctx: unknown, delivery: Delivery) => void delivered.push(delivery) } as unknown as DeliveryService,
      testConfig(),
      silent,
    );
    expect(await service.sweep()).toBe(2);
    expect(delivered.map(({ runId }) => runId)).toEqual(['good']);
  });
});
