import type { Database, TenantCall } from './database';
import { ToolCallsRepository, type ToolCallClaim, type ToolCallEnd } from './tool-calls.repository';

const scope = { tenantId: '01900000-0000-7000-8000-00000000000a' };
const claim = (claim_no: number): ToolCallClaim => ({ claim_no, run_id: 'r', call_id: `c${claim_no}`, server: 's', tool: 't', effect: 'read', arguments_sha256: 'x' });
const end = (claim_no: number): ToolCallEnd => ({ claim_no, run_id: 'r', call_id: `c${claim_no}`, status: 'ok', duration_ms: 1, bytes: 1, truncated: false, lost: false });

function setUp(replies: unknown) {
  const sent: { text: string; params: readonly unknown[] }[] = [];
  // Any other door of the database is missing here, so a second round trip would fail.
  const door: Pick<Database, 'callTenant'> = { callTenant: async (_, { text }: TenantCall, params) => (sent.push({ text, params }), [{ replies }]) };
  return { sent, calls: new ToolCallsRepository(door as Database) };
}

it('claims any number of calls in one round trip and answers in their order', async () => {
  const { sent, calls } = setUp([
    { claim_no: 2, kind: 'in-flight', retry_after_ms: 5 },
    { claim_no: 1, kind: 'claimed', fence: 1, repeated: false },
  ]);
  expect(await calls.claim(scope, 'router', [claim(1), claim(2)], 'unknown')).toMatchObject([{ kind: 'claimed', fence: 1 }, { kind: 'in-flight' }]);
  expect(sent).toEqual([{ text: expect.stringContaining(`(set_config('app.tenant_id', $1, true), $2`), params: ['router', JSON.stringify([claim(1), claim(2)]), 'unknown'] }]);
});

it('ends any number of claims in one round trip and reads what stands in the way', async () => {
  const stored = { status: 'error', code: null, server: 's', tool: 't', effect: 'read', duration_ms: 1, bytes: 1, truncated: false, arguments_sha256: 'x', repeated: true, result: null };
  const { sent, calls } = setUp([
    { claim_no: 1, kind: 'ended' },
    { claim_no: 2, kind: 'fenced', stored },
    { claim_no: 3, kind: 'fenced', stored: null },
  ]);
  const { result, code: _, ...outcome } = stored;
  expect(await calls.end(scope, 'router', [end(1), end(2), end(3)])).toEqual([
    { claim_no: 1, kind: 'ended' },
    { claim_no: 2, kind: 'fenced', stored: { outcome, result } },
    { claim_no: 3, kind: 'fenced', stored: undefined },
  ]);
  expect(sent).toHaveLength(1);
});

it('does not take silence for an answer', async () => {
  const { calls } = setUp([{ claim_no: 1, kind: 'ended' }]);
  await expect(calls.end(scope, 'router', [end(1), end(2)])).rejects.toThrow('did not answer claim 2');
});

it('stores one refusal per call, the newest', async () => {
  const { sent, calls } = setUp(null);
  const refusal = (call_id: string, code: string) => ({ run_id: 'r', call_id, server: 's', tool: 't', effect: 'read' as const, code, duration_ms: 1, arguments_sha256: 'x' });
  await calls.refuse(scope, [refusal('b', 'OLD'), refusal('a', 'X'), refusal('b', 'NEW')]);
  expect(sent).toEqual([{ text: expect.stringContaining('record_refusals'), params: [JSON.stringify([refusal('b', 'NEW'), refusal('a', 'X')])] }]);
});
