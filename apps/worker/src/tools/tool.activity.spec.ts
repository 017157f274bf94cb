import type { ToolRequest } from '@holdfast/agent-runtime/api';
import { toolMessageSchema } from '@holdfast/contracts/messages';
import type { ToolCall, ToolCallResult } from '@holdfast/rpc';
import { systemContext } from '@holdfast/tenant-context';
import type { CallScope } from '../activities/call-scope';
import { callTool, toToolMessage } from './tool.activity';

const REQUEST: ToolRequest = {
  ref: { tenantId: 't', threadId: 'th', runId: 'r1', graphId: 'g', node: 'tools', ns: [], originRunId: 'r1', callId: 't-2' },
  toolCallId: 'call_1',
  name: 'files__read',
  args: {},
};

function result(status: 'ok' | 'error' | 'refused', text: string, code?: string): ToolCallResult {
  const outcome = { status, ...(code === undefined ? {} : { code }), server: 'files', tool: 'read', effect: 'read' as const, duration_ms: 1, bytes: 2, truncated: false, arguments_sha256: 'x' };
  return { outcome, text, cached: false, replayed: false };
}

const NO_BLOBS = { save: () => Promise.reject(new Error('nothing to store')), load: () => Promise.reject(new Error('nothing to load')) };

function scopeOf(attempt: number): CallScope {
  return { ctx: systemContext('01900000-0000-7000-8000-00000000000a', 'test', 'r'), signal: new AbortController().signal, attempt, timeoutMs: 10_000 };
}

describe('the message of a tool call', () => {
  it('carries the text, the call and a stable id', () => {
    const message = toToolMessage(REQUEST, result('ok', 'the text'));
    expect(toolMessageSchema.parse(message)).toEqual(message);
    expect(message).toEqual({ type: 'tool', id: 'tool-r1-t-2', name: 'files__read', tool_call_id: 'call_1', content: 'the text', status: 'success' });
  });

  it('tells errors and refusals in words, once', () => {
    expect(toToolMessage(REQUEST, result('error', 'no such file', 'TOOL_FAILED'))).toMatchObject({ status: 'error', content: 'Error (TOOL_FAILED): no such file' });
    expect(toToolMessage(REQUEST, result('error', 'Error: no such file', 'TOOL_FAILED')).content).toBe('Error: no such file');
    expect(toToolMessage(REQUEST, result('refused', 'not permitted', 'TOOL_NOT_PERMITTED'))).toMatchObject({ status: 'error', content: 'Refused (TOOL_NOT_PERMITTED): not permitted' });
  });
});

describe('two calls to which the model gave the same id', () => {
  it('keep their own message and their own record, and each answers its call', async () => {
    const recorded: string[] = [];
    const router = { callTool: (_: unknown, call: ToolCall) => (recorded.push(call.callId), Promise.resolve(result('ok', 'text'))) };
    const rounds = ['t-2', 't-5', 't-5'].map((callId) => callTool({ router, blobs: NO_BLOBS }, { ...REQUEST, ref: { ...REQUEST.ref, callId } }, scopeOf(1)));
    const messages = (await Promise.all(rounds)).map(({ message }) => message);
    expect(messages.map(({ id }) => id)).toEqual(['tool-r1-t-2', 'tool-r1-t-5', 'tool-r1-t-5']);
    expect(messages.map((message) => message.tool_call_id)).toEqual(['call_1', 'call_1', 'call_1']);
    expect(recorded).toEqual(['t-2', 't-5', 't-5']);
  });
});

it('a question what became of a call is asked as one', async () => {
  const asked: ToolCall[] = [];
  const router = { callTool: (_: unknown, call: ToolCall) => (asked.push(call), Promise.resolve(result('ok', 'text'))) };
  await callTool({ router, blobs: NO_BLOBS }, { ...REQUEST, settleOnly: true }, scopeOf(1));
  await callTool({ router, blobs: NO_BLOBS }, REQUEST, scopeOf(1));
  expect(asked.map(({ settleOnly }) => settleOnly)).toEqual([true, undefined]);
});

describe('a call while the circuit of its server is open', () => {
  const attempt = (number: number, attempts?: number): Promise<unknown> => {
    const refused = result('refused', 'keeps failing', 'TOOL_CIRCUIT_OPEN');
    return callTool({ router: { callTool: () => Promise.resolve(refused) }, blobs: NO_BLOBS }, { ...REQUEST, ...(attempts === undefined ? {} : { policy: { attempts } }) }, scopeOf(number));
  };

  it('is repeated for a while, and then told to the model', async () => {
    for (const number of [1, 10]) await expect(attempt(number)).rejects.toMatchObject({ code: 'TOOL_CIRCUIT_OPEN', retryable: true });
    await expect(attempt(2, 3)).rejects.toMatchObject({ code: 'TOOL_CIRCUIT_OPEN' });
    expect(await attempt(3, 3)).toMatchObject({ outcome: { code: 'TOOL_CIRCUIT_OPEN' } });
    expect(await attempt(11)).toMatchObject({ message: { status: 'error', content: 'Refused (TOOL_CIRCUIT_OPEN): keeps failing' } });
  });
});
