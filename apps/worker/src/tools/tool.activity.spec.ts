import type { ToolRequest } from '@holdfast/agent-runtime/api';
import { toolMessageSchema } from '@holdfast/contracts/messages';
import type { ToolCallResult } from '@holdfast/rpc';
import { toToolMessage } from './tool.activity';

const REQUEST: ToolRequest = {
  ref: { tenantId: 't', threadId: 'th', runId: 'r1', graphId: 'g', node: 'tools', ns: [], callIndex: 2 },
  toolCallId: 'call_1',
  name: 'files__read',
  args: {},
};

function result(status: 'ok' | 'error' | 'refused', text: string, code?: string): ToolCallResult {
  const outcome = { status, ...(code === undefined ? {} : { code }), server: 'files', tool: 'read', effect: 'read' as const, duration_ms: 1, bytes: 2, truncated: false, arguments_sha256: 'x' };
  return { outcome, text, content: [], cached: false };
}

describe('the message of a tool call', () => {
  it('carries the text, the call and a stable id', () => {
    const message = toToolMessage(REQUEST, result('ok', 'the text'));
    expect(toolMessageSchema.parse(message)).toEqual(message);
    expect(message).toEqual({ type: 'tool', id: 'tool-r1-call_1', name: 'files__read', tool_call_id: 'call_1', content: 'the text', status: 'success' });
  });

  it('tells errors and refusals in words, once', () => {
    expect(toToolMessage(REQUEST, result('error', 'no such file', 'TOOL_FAILED'))).toMatchObject({ status: 'error', content: 'Error (TOOL_FAILED): no such file' });
    expect(toToolMessage(REQUEST, result('error', 'Error: no such file', 'TOOL_FAILED')).content).toBe('Error: no such file');
    expect(toToolMessage(REQUEST, result('refused', 'not permitted', 'TOOL_NOT_PERMITTED'))).toMatchObject({ status: 'error', content: 'Refused (TOOL_NOT_PERMITTED): not permitted' });
  });
});
