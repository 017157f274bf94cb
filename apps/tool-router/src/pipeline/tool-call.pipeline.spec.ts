import { MAX_ARGUMENTS_LENGTH } from '@holdfast/rpc';
import { parseCatalogue } from '../catalogue/catalogue.loader';
import { ToolRegistry, type ToolSource } from '../catalogue/tool-registry';
import { parseCallRequest } from '../grpc/call-request';
import { CallLedger } from '../ledger/call-ledger';
import { RouterLease } from '../ledger/router-lease';
import { InMemoryLedgerStore } from '../../test/in-memory-ledger-store';
import { ToolMetrics } from '../metrics/tool-metrics';
import { compileGrants } from '../permission/decide';
import { UpstreamGuard } from '../upstream/upstream-guard';
import { ToolCallPipeline } from './tool-call.pipeline';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const ctx = { tenantId: '01900000-0000-7000-8000-00000000000a', principalId: 'p', roles: ['developer'], requestId: 'r' };
const request = { runId: ctx.tenantId, originRunId: '', threadId: 't', callId: '0', name: 's__read', argumentsJson: '{}', deadlineMs: 0, withContent: false, settleOnly: false };

const store = new InMemoryLedgerStore();
const lease = new RouterLease({ store: { renew: async () => undefined, end: async () => undefined }, routerId: 'r', leaseMs: 60_000, log: silent });
const http = { transport: { kind: 'streamable-http', url: 'http://127.0.0.1:1/' }, isolation: 'shared' };
const catalogue = parseCatalogue('c', JSON.stringify({ servers: { s: { ...http, tools: { read: { effect: 'read' } } } }, grants: [{ effect: 'allow', tools: ['*'] }] }), {});
const tools = [{ name: 'read', inputSchema: { type: 'object' } }];
const source = { get: () => ({ tools }), onChange: () => () => undefined } as unknown as ToolSource;
const metrics = new ToolMetrics(
  () => [],
  () => new Map(),
);
const pipeline = new ToolCallPipeline({
  registry: new ToolRegistry(catalogue, source, silent),
  pool: { get: () => undefined },
  grants: compileGrants(catalogue.grants),
  guard: new UpstreamGuard(),
  ledger: new CallLedger({ store, lease, metrics, log: silent }),
  cache: undefined,
  metrics,
  log: silent,
});

describe('whatever a model writes into a call', () => {
  it.each([
    ['no name', { name: '' }, 'TOOL_UNKNOWN', 'There is no tool named "".'],
    ['a long name', { name: 'x'.repeat(5_000) }, 'TOOL_UNKNOWN', /^There is no tool named "x{100}…"\.$/],
    ['too long arguments', { argumentsJson: JSON.stringify({ text: 'x'.repeat(MAX_ARGUMENTS_LENGTH) }) }, 'TOOL_INVALID_ARGUMENTS', /must not be longer than 1048576 characters/],
    ['arguments that are no object', { argumentsJson: '[1]' }, 'TOOL_INVALID_ARGUMENTS', /must be object/],
  ])('is refused in words and recorded in bounds: %s', async (_, change, code, text) => {
    const scope = { signal: new AbortController().signal, deadline: performance.now() + 5_000 };
    const callId = JSON.stringify(code) + String(text);
    const answer = await pipeline.call(ctx, parseCallRequest({ ...request, callId, ...change }), scope);
    expect(answer.outcome).toMatchObject({ status: 'refused', code, arguments_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(answer.text).toMatch(text);
    const recorded = store.refusals.find((refusal) => refusal.call_id === callId) ?? store.rows.get(`${ctx.tenantId} ${callId}`);
    expect(recorded).toMatchObject({ call_id: callId, ...(code === 'TOOL_UNKNOWN' ? { code } : { status: 'refused' }) });
    expect(recorded?.tool.length).toBeLessThanOrEqual(128);
  });
});
