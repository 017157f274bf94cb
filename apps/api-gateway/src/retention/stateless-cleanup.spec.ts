import type { RunsRepository, ThreadsRepository } from '@holdfast/persistence';
import { eventually } from '@holdfast/testing';
import { testConfig } from '../../test/gateway-fixture';
import { StatelessCleanupService } from './stateless-cleanup.service';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const tenantId = '01890000-0000-7000-8000-000000000001';

function cleanupOf(left: Set<string>, deletable = true): { service: StatelessCleanupService; rounds: () => number } {
  let rounds = 0;
  const listFinishedStateless = ({ limit }: { limit: number }): Promise<unknown> => {
    rounds += 1;
    return Promise.resolve([...left].slice(0, limit).map((threadId) => ({ tenantId, threadId, runId: threadId })));
  };
  const remove = (_: unknown, threadId: string): Promise<boolean> => Promise.resolve(deletable && left.delete(threadId));
  const config = testConfig({ SWEEP_INTERVAL_MS: 60_000 });
  const service = new StatelessCleanupService({ listFinishedStateless } as unknown as RunsRepository, { deleteIdle: remove } as unknown as ThreadsRepository, config, silent);
  return { service, rounds: () => rounds };
}

const many = (): Set<string> => new Set(Array.from({ length: 950 }, (_, n) => String(n)));

describe('the cleanup of finished stateless runs', () => {
  it('goes on without a pause until nothing is left', async () => {
    const left = many();
    const { service, rounds } = cleanupOf(left);
    service.onApplicationBootstrap();
    await eventually('all threads are gone', () => left.size === 0, 5_000);
    await service.onModuleDestroy();
    expect(rounds()).toBe(10);
  });

  it('does not run hot over what it cannot delete', async () => {
    const { service, rounds } = cleanupOf(many(), false);
    service.onApplicationBootstrap();
    await new Promise((done) => setTimeout(done, 50));
    await service.onModuleDestroy();
    expect(rounds()).toBe(1);
  });
});
