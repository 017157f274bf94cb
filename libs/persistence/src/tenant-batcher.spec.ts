import { HoldfastError } from '@holdfast/contracts/errors';
import { TenantBatcher, type BatchWrite } from './tenant-batcher';

const ctx = (tenantId = 'a') => ({ tenantId });
const away = new HoldfastError('DEPENDENCY_UNAVAILABLE', 'away');
const broken = new HoldfastError('INVALID_ARGUMENT', 'no');

function setUp(write: BatchWrite<string, string>) {
  const batches: [string, readonly string[]][] = [];
  const batcher = new TenantBatcher<string, string>((c, items) => (batches.push([c.tenantId, items]), write(c, items)));
  return { batches, batcher };
}

it('writes the first at once, gathers the rest while that is under way, per tenant, and gives each its own reply', async () => {
  const { batches, batcher } = setUp(async (_, items) => (await new Promise((resolve) => setTimeout(resolve, 20)), items.map((item) => `${item}!`)));
  const replies = await Promise.all([...['1', '2', '3'].map((id) => batcher.submit(ctx(), id)), batcher.submit(ctx('b'), '4')]);
  expect(batches).toEqual([
    ['a', ['1']],
    ['b', ['4']],
    ['a', ['2', '3']],
  ]);
  expect(replies).toEqual(['1!', '2!', '3!', '4!']);
});

it('fails all of a batch while the database is away, and writes the next', async () => {
  let failing = true;
  const { batcher } = setUp(async (_, items) => (failing ? Promise.reject(away) : items));
  const results = await Promise.allSettled([batcher.submit(ctx(), '1'), batcher.submit(ctx(), '2'), batcher.submit(ctx(), '3')]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  failing = false;
  expect(await batcher.submit(ctx(), '4')).toBe('4');
});

it('lets one item that cannot be stored fail alone', async () => {
  const { batches, batcher } = setUp(async (_, items) => (items.includes('bad') ? Promise.reject(broken) : items));
  const results = await Promise.allSettled(['1', '2', 'bad', '3'].map((id) => batcher.submit(ctx(), id)));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(batches.map(([, items]) => items)).toEqual([['1'], ['2', 'bad', '3'], ['2'], ['bad'], ['3']]);
});

it('refuses what its queue cannot hold', async () => {
  let release: () => void = () => undefined;
  const { batcher } = setUp((_, items) => new Promise((resolve) => (release = () => resolve(items))));
  const waiting = Array.from({ length: 10_000 }, (_, i) => batcher.submit(ctx(), String(i)));
  await expect(batcher.submit(ctx('b'), 'x')).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
  let isDone = false;
  void Promise.all(waiting).then(() => (isDone = true));
  while (!isDone) {
    release();
    await new Promise((resolve) => setImmediate(resolve));
  }
});
