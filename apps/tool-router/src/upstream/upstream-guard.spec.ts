import { McpCallError } from '@holdfast/mcp-adapters';
import { catalogueSchema } from '../catalogue/catalogue.schema';
import { UpstreamGuard } from './upstream-guard';

const settings = catalogueSchema.shape.servers.parse({
  s: {
    transport: { kind: 'streamable-http', url: 'http://127.0.0.1:1/' },
    isolation: 'shared',
    breaker: { failures: 3, openMs: 100 },
    concurrency: { calls: 2, queue: 1 },
    tools: { t: { effect: 'read' } },
  },
})['s'];
if (settings === undefined) throw new Error('no settings');
const { signal } = new AbortController();
const lost = (): Promise<never> => Promise.reject(new McpCallError('LOST', 'x'));

let guard: UpstreamGuard;
beforeEach(() => (guard = new UpstreamGuard()));
const run = <T>(work: () => Promise<T>, tenant = 'a', server = 's', on = signal) => guard.run(tenant, server, settings, on, work);

it('opens after so many failures in a row, for that tenant and server only, and closes after a success', async () => {
  for (let i = 0; i < 3; i += 1) await expect(run(lost)).rejects.toMatchObject({ code: 'LOST' });
  let called = false;
  const refused = await run(async () => (called = true));
  expect(refused).toEqual({ open: true, retryAfterMs: expect.any(Number) });
  expect(refused.open && refused.retryAfterMs).toBeGreaterThan(0);
  expect(called).toBe(false);
  expect(guard.openCircuits()).toEqual(new Map([['s', 1]]));
  expect(await run(async () => 1, 'b')).toEqual({ open: false, value: 1 });
  expect(await run(async () => 1, 'a', 'other')).toEqual({ open: false, value: 1 });
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(await run(async () => 2)).toEqual({ open: false, value: 2 });
  expect(guard.openCircuits()).toEqual(new Map());
});

it('counts the tenants whose circuit is open per server, and none whose pause is over', async () => {
  for (const [tenant, server] of [['a', 's'], ['b', 's'], ['a', 'other']] as const) {
    for (let i = 0; i < 3; i += 1) await expect(run(lost, tenant, server)).rejects.toThrow();
  }
  await run(async () => 1, 'c');
  expect(guard.openCircuits()).toEqual(new Map([['s', 2], ['other', 1]]));
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(guard.openCircuits()).toEqual(new Map());
});

it('opens again when the trial call fails', async () => {
  for (let i = 0; i < 3; i += 1) await expect(run(lost)).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 120));
  await expect(run(lost)).rejects.toMatchObject({ code: 'LOST' });
  expect((await run(async () => 1)).open).toBe(true);
});

it.each(['PROTOCOL', 'CANCELLED', 'INVALID_RESULT'] as const)('%s does not speak against the server', async (code) => {
  for (let i = 0; i < 10; i += 1) await expect(run(() => Promise.reject(new McpCallError(code, 'x')))).rejects.toThrow();
  expect((await run(async () => 1)).open).toBe(false);
});

it('lets so many calls of a tenant run, so many wait, and refuses more; other tenants are untouched', async () => {
  const release: (() => void)[] = [];
  const slow = (): Promise<void> => new Promise((resolve) => release.push(resolve));
  const running = [run(slow), run(slow), run(slow)];
  await expect(run(slow)).rejects.toMatchObject({ code: 'TOOL_BUSY', retryable: true });
  expect(release).toHaveLength(2);
  expect(await run(async () => 'free', 'b')).toEqual({ open: false, value: 'free' });
  release.splice(0).forEach((free) => free());
  await new Promise((resolve) => setTimeout(resolve, 5));
  release.forEach((free) => free());
  await Promise.all(running);
});
