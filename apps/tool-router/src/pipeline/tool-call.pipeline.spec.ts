import { MAX_ARGUMENTS_LENGTH } from '@holdfast/rpc';
import type { ToolCallRecord } from '@holdfast/persistence';
import { parseCatalogue } from '../catalogue/catalogue.loader';
import { ToolRegistry, type ToolSource } from '../catalogue/tool-registry';
import { parseCallRequest } from '../grpc/call-request';
import { CallRecorder } from '../ledger/call-recorder';
import { DatabaseGate } from '../ledger/database-gate';
import { ToolMetrics } from '../metrics/tool-metrics';
import { compileGrants } from '../permission/decide';
import { UpstreamGuard } from '../upstream/upstream-guard';
import { ToolCallPipeline } from './tool-call.pipeline';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const ctx = { tenantId: '01900000-0000-7000-8000-00000000000a', principalId: 'p', roles: ['developer'], requestId: 'r' };
const request = { runId: ctx.tenantId, threadId: 't', callId: '0', name: 's__read', argumentsJson: '{}', deadlineMs: 0, withContent: false };

let recorded: ToolCallRecord[];
const http = { transport: { kind: 'streamable-http', url: 'http://127.0.0.1:1/' }, isolation: 'shared' };
const catalogue = parseCatalogue('c', JSON.stringify({ servers: { s: { ...http, tools: { read: { effect: 'read' } } } }, grants: [{ effect: 'allow', tools: ['*'] }] }), {});
const tools = [{ name: 'read', inputSchema: { type: 'object' } }];
const source = { get: () => ({ tools }), onChange: () => () => undefined } as unknown as ToolSource;
const pipeline = new ToolCallPipeline({
  registry: new ToolRegistry(catalogue, source, silent),
  pool: { get: () => undefined },
  grants: compileGrants(catalogue.grants),
  guard: new UpstreamGuard(),
  recorder: new CallRecorder({ record: async (_, calls) => void recorded.push(...calls) }, new DatabaseGate({ ping: async () => undefined })),
  cache: undefined,
  metrics: new ToolMetrics(
    () => [],
    () => new Map(),
  ),
  log: silent,
});

describe('whatever a model writes into a call', () => {
  beforeEach(() => (recorded = []));

  it.each([
    ['no name', { name: '' }, 'TOOL_UNKNOWN', 'There is no tool named "".'],
    ['a long name', { name: 'x'.repeat(5_000) }, 'TOOL_UNKNOWN', /^There is no tool named "x{100}…"\.$/],
    ['too long arguments', { argumentsJson: JSON.stringify({ text: 'x'.repeat(MAX_ARGUMENTS_LENGTH) }) }, 'TOOL_INVALID_ARGUMENTS', /must not be longer than 1048576 characters/],
    ['arguments that are no object', { argumentsJson: '[1]' }, 'TOOL_INVALID_ARGUMENTS', /must be object/],
  ])('is refused in words and recorded in bounds: %s', async (_, change, code, text) => {
    const scope = { signal: new AbortController().signal, deadline: performance.now() + 5_000 };
    const answer = await pipeline.call(ctx, parseCallRequest({ ...request, ...change }), scope);
    expect(answer.outcome).toMatchObject({ status: 'refused', code, arguments_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(answer.text).toMatch(text);
    expect(recorded).toEqual([expect.objectContaining({ call_id: '0', status: 'refused', code })]);
    expect(recorded[0]?.tool.length).toBeLessThanOrEqual(128);
  });
});
