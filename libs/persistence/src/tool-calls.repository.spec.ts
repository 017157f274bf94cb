import type { Database, TenantCall } from './database';
import { ToolCallsRepository, type ToolCallRecord } from './tool-calls.repository';

const scope = { tenantId: '01900000-0000-7000-8000-00000000000a' };
const call = (call_id: string, bytes = 1): ToolCallRecord => ({
  run_id: 'r', call_id, server: 's', tool: 't', effect: 'read', status: 'ok', duration_ms: 1, bytes, arguments_sha256: 'x',
});

it('stores any number of records in one round trip, each call once, in one order', async () => {
  const sent: { text: string; params: readonly unknown[] }[] = [];
  // Any other door of the database is missing here, so a second round trip would fail.
  const door: Pick<Database, 'callTenant'> = { callTenant: async (_, { text }: TenantCall, params) => (sent.push({ text, params }), []) };
  const calls = new ToolCallsRepository(door as Database);
  await calls.record(scope, [call('b'), call('a'), call('b', 2)]);
  await calls.record(scope, []);
  expect(sent).toEqual([{ text: expect.stringContaining(`(set_config('app.tenant_id', $1, true), $2)`), params: [JSON.stringify([call('a'), call('b', 2)])] }]);
});
