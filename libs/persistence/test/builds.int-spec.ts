import { randomUUID } from 'node:crypto';
import { BuildsRepository } from '../src/index';
import { Fixture } from './support';

const db = new Fixture();
const worker = new BuildsRepository(db.worker);
const gateway = new BuildsRepository(db.gateway);
afterAll(() => db.close());

const buildOf = async (buildId: string) => (await gateway.list()).find((build) => build.buildId === buildId);

describe('builds', () => {
  it('have the workers that tell of themselves, until they go or their time is over', async () => {
    const [buildId, first, second] = [`b-${randomUUID()}`, randomUUID(), randomUUID()];
    await worker.renewWorker(first, buildId, 60_000, { ended: 3, failed: 1 });
    await worker.renewWorker(second, buildId, 60_000, { ended: 3, failed: 1 });
    await worker.renewWorker(second, buildId, 60_000, { ended: 3, failed: 1 });
    expect(await buildOf(buildId)).toMatchObject({ workers: 2, withdrawn: null, runsEnded: 6, runsFailed: 2 });
    await worker.endWorker(first);
    expect(await buildOf(buildId)).toMatchObject({ workers: 1 });
    await worker.renewWorker(second, buildId, 0, { ended: 0, failed: 0 });
    expect(await buildOf(buildId)).toMatchObject({ workers: 0 });
  });

  it('remember when they took new runs', async () => {
    const buildId = `b-${randomUUID()}`;
    await worker.renewWorker(randomUUID(), buildId, 0, { ended: 0, failed: 0 });
    expect(await buildOf(buildId)).toMatchObject({ lastCurrentAt: null });
    await gateway.noteCurrent(buildId);
    expect((await buildOf(buildId))?.lastCurrentAt).toBeInstanceOf(Date);
  });

  it('are taken back once, with a reason, and may come again', async () => {
    const buildId = `b-${randomUUID()}`;
    expect(await gateway.withdraw(buildId, 'never seen')).toBe(false);
    await worker.renewWorker(randomUUID(), buildId, 0, { ended: 0, failed: 0 });
    expect(await gateway.withdraw(buildId, 'too many failures')).toBe(true);
    expect(await gateway.withdraw(buildId, 'again')).toBe(false);
    expect(await buildOf(buildId)).toMatchObject({ withdrawn: 'too many failures' });
    await gateway.reinstate(buildId);
    expect(await buildOf(buildId)).toMatchObject({ withdrawn: null });
  });
});
