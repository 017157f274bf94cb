import { HoldfastError } from '@holdfast/contracts/errors';
import { uuidSchema } from '@holdfast/contracts';
import { MAX_ARGUMENTS_LENGTH, MAX_TOOL_NAME_LENGTH, type CallToolRequest, parseRequest, type ListToolsRequest } from '@holdfast/rpc';
import { z } from 'zod';
import type { ToolCallInput } from '../pipeline/tool-answer';

const callRequest = z.object({
  runId: uuidSchema,
  originRunId: z.union([z.literal(''), uuidSchema]),
  threadId: z.string().max(100),
  callId: z.string().min(1).max(200),
  // Name and arguments are what a model wrote. Nothing in them may fail the call: what cannot be used becomes a refusal that it reads.
  // A name that had to be cut is longer than any tool's, so it stays unknown.
  name: z.string().transform((name) => name.slice(0, MAX_TOOL_NAME_LENGTH).toWellFormed()),
  argumentsJson: z.string(),
  settleOnly: z.boolean(),
});

const listRequest = z.object({ include: z.array(z.string().max(MAX_TOOL_NAME_LENGTH)).max(200) });

/** @throws HoldfastError INVALID_ARGUMENT naming the field; MALFORMED_JSON for arguments that are no JSON */
export function parseCallRequest(request: CallToolRequest): ToolCallInput {
  const { argumentsJson, ...ids } = parseRequest(callRequest, request);
  const rest = { ...ids, originRunId: ids.originRunId || ids.runId };
  if (argumentsJson.length <= MAX_ARGUMENTS_LENGTH) return { ...rest, args: parseArguments(argumentsJson) };
  return { ...rest, args: argumentsJson, problem: `the arguments: must not be longer than ${MAX_ARGUMENTS_LENGTH} characters of JSON` };
}

/** @throws HoldfastError INVALID_ARGUMENT */
export function parseListRequest(request: ListToolsRequest): readonly string[] {
  return parseRequest(listRequest, request).include;
}

function parseArguments(json: string): unknown {
  try {
    return JSON.parse(json === '' ? '{}' : json);
  } catch (cause) {
    throw new HoldfastError('MALFORMED_JSON', 'arguments_json is no JSON.', { cause });
  }
}
