import { HoldfastError } from '@holdfast/contracts/errors';
import type { ToolList } from '@holdfast/rpc';
import { systemContext } from '@holdfast/tenant-context';
import { DEFINITIONS_MAX_AGE_MS, PATIENCE_MS, ToolCatalogue } from './tool-catalogue';

const CTX = systemContext('01900000-0000-7000-8000-00000000000a', 'test', 'r');
const OTHER = systemContext('01900000-0000-7000-8000-00000000000b', 'test', 'r');
const SIGNAL = new AbortController().signal;

function listOf(version: string, unavailableServers: string[] = []): ToolList {
  const tool = { name: 'files__read', description: 'Reads.', inputSchema: { type: 'object' }, effect: 'read' as const, server: 'files' };
  return { tools: [tool], catalogueVersion: version, unavailableServers };
}

describe('ToolCatalogue', () => {
  let now = 0;
  let asked: { tenantId: string; include: readonly string[] }[] = [];
  let answer: () => Promise<ToolList>;
  let catalogue: ToolCatalogue;
  beforeEach(() => {
    now = 0;
    asked = [];
    answer = async () => listOf('1');
    catalogue = new ToolCatalogue({ listTools: (ctx, include) => (asked.push({ tenantId: ctx.tenantId, include }), answer()) }, () => now);
  });

  it('gives definitions in the protocol of the model and keeps them for 5 s', async () => {
    const first = await catalogue.toolsFor(CTX, ['files__*'], SIGNAL);
    expect(first).toEqual([{ type: 'function', function: { name: 'files__read', description: 'Reads.', parameters: { type: 'object' } } }]);
    now = DEFINITIONS_MAX_AGE_MS - 1;
    expect(await catalogue.toolsFor(CTX, ['files__*'], SIGNAL)).toBe(first);
    expect(asked).toHaveLength(1);
    now = DEFINITIONS_MAX_AGE_MS;
    expect(await catalogue.toolsFor(CTX, ['files__*'], SIGNAL)).toBe(first);
    expect(asked).toHaveLength(2);
  });

  it('asks once for calls at the same time, and apart for tenants and selections', async () => {
    await Promise.all([catalogue.toolsFor(CTX, ['a'], SIGNAL), catalogue.toolsFor(CTX, ['a'], SIGNAL), catalogue.toolsFor(CTX, ['b'], SIGNAL), catalogue.toolsFor(OTHER, ['a'], SIGNAL)]);
    expect(asked).toHaveLength(3);
  });

  it('asks for nothing when nothing is selected', async () => {
    expect(await catalogue.toolsFor(CTX, [], SIGNAL)).toEqual([]);
    expect(asked).toHaveLength(0);
  });

  it('forgets failures and lists that lack a server', async () => {
    answer = async () => Promise.reject(new HoldfastError('TOOL_ROUTER_UNAVAILABLE', 'away'));
    await expect(catalogue.toolsFor(CTX, ['a'], SIGNAL)).rejects.toMatchObject({ code: 'TOOL_ROUTER_UNAVAILABLE' });
    answer = async () => listOf('1', ['mail']);
    await expect(catalogue.toolsFor(CTX, ['a'], SIGNAL)).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
    answer = async () => listOf('2');
    await catalogue.toolsFor(CTX, ['a'], SIGNAL);
    expect(asked).toHaveLength(3);
  });

  it('waits for a server that is starting, and does without one that stays away', async () => {
    answer = async () => listOf('1', ['mail']);
    const ask = (): Promise<unknown> => catalogue.toolsFor(CTX, ['a'], SIGNAL);
    await expect(ask()).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE', message: expect.stringContaining('mail') });
    now = PATIENCE_MS - 1;
    await expect(ask()).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
    now = PATIENCE_MS;
    expect(await ask()).toHaveLength(1);
    // it comes, and goes with the next router: the waiting begins anew
    answer = async () => ({ ...listOf('2'), tools: [{ ...(listOf('2').tools[0] as ToolList['tools'][number]), server: 'mail' }] });
    expect(await ask()).toHaveLength(1);
    now += DEFINITIONS_MAX_AGE_MS;
    answer = async () => listOf('1', ['mail']);
    await expect(ask()).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
  });

  it('lets a cancelled call go without ending the request that others wait for', async () => {
    let finish: (list: ToolList) => void = () => undefined;
    answer = () => new Promise((resolve) => (finish = resolve));
    const controller = new AbortController();
    const cancelled = catalogue.toolsFor(CTX, ['a'], controller.signal);
    const waiting = catalogue.toolsFor(CTX, ['a'], SIGNAL);
    controller.abort(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    finish(listOf('1'));
    expect(await waiting).toHaveLength(1);
  });
});
