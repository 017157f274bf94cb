import type { CallRef, ToolReply, ToolRequest } from '@holdfast/agent-runtime/api';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { ToolMessageDto } from '@holdfast/contracts/messages';
import type { ToolCall, ToolCallResult } from '@holdfast/rpc';
import type { TenantContext } from '@holdfast/tenant-context';
import { type CallScope, timeOfOtherSide } from '../activities/call-scope';
import { type BlobStore, withReferences, withTexts } from '../blobs/blob-texts';

/** The part of the router's client that a tool call uses. */
export interface ToolCaller {
  callTool(ctx: TenantContext, call: ToolCall, control: { timeoutMs?: number; signal?: AbortSignal }): Promise<ToolCallResult>;
}

/** What {@link callTool} is made of. */
export interface ToolParts {
  readonly router: ToolCaller;
  readonly blobs: BlobStore;
}

/**
 * Attempts that wait for a server whose circuit is open; nothing was called, so any tool may be tried again. With the pauses of the
 * retry policy they outlast a restart by most of a minute; after them the model reads the refusal and does without.
 */
const PATIENT_ATTEMPTS = 10;

/**
 * Id of a tool's message. Made of the call's id in the ledger: the model's id may come again (gateways that count calls per
 * response), and a message with a known id takes the other one's place in the state.
 */
export function toolMessageId({ originRunId, callId }: CallRef): string {
  return `tool-${originRunId}-${callId}`;
}

/**
 * Calls a tool for a node through the tool router. What the tool or the router refuses is an answer that the model reads.
 * @throws HoldfastError TOOL_CIRCUIT_OPEN (retryable) in the first attempts, and those of the router's client (away, deadline, …);
 *   the signal's reason when cancelled
 */
export async function callTool(parts: ToolParts, request: ToolRequest, scope: CallScope): Promise<ToolReply> {
  const { ref, name } = request;
  const args = await withTexts(parts.blobs, scope.ctx, request.args);
  // Not the model's id, for the reason of toolMessageId: the router keeps one record per id.
  const call = { runId: ref.runId, threadId: ref.threadId, originRunId: ref.originRunId, callId: ref.callId, name, args, ...(request.settleOnly === true ? { settleOnly: true } : {}) };
  const timeoutMs = timeOfOtherSide(scope.timeoutMs);
  const result = await parts.router.callTool(scope.ctx, call, { timeoutMs, signal: scope.signal });
  const patience = Math.min(PATIENT_ATTEMPTS, (request.policy?.attempts ?? Number.POSITIVE_INFINITY) - 1);
  if (result.outcome.code === 'TOOL_CIRCUIT_OPEN' && scope.attempt <= patience) throw new HoldfastError('TOOL_CIRCUIT_OPEN', result.text);
  const message = await withReferences(parts.blobs, scope.ctx, ref, toToolMessage(request, result));
  return { message, outcome: result.outcome };
}

/** The message that a model reads. Errors say so in words: the protocol to the model has no field for it. */
export function toToolMessage(request: ToolRequest, result: ToolCallResult): ToolMessageDto {
  const { status } = result.outcome;
  return {
    type: 'tool',
    id: toolMessageId(request.ref),
    name: request.name,
    tool_call_id: request.toolCallId,
    content: readable(result),
    status: status === 'ok' ? 'success' : 'error',
  };
}

function readable({ outcome, text }: ToolCallResult): string {
  if (outcome.status === 'ok') return text;
  const word = outcome.status === 'refused' ? 'Refused' : 'Error';
  if (new RegExp(`^\\s*${word}\\b`, 'i').test(text)) return text;
  return `${word}${outcome.code === undefined ? '' : ` (${outcome.code})`}: ${text}`;
}
