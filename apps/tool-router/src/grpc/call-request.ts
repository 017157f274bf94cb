import { HoldfastError } from '@holdfast/contracts/errors';
import type { CallToolRequest, ListToolsRequest } from '@holdfast/rpc';
import { z } from 'zod';
import type { ToolCallInput } from '../pipeline/tool-answer';

/** Largest arguments, characters of JSON. */
export const MAX_ARGUMENTS_LENGTH = 1024 * 1024;

const callRequest = z.object({
  runId: z.guid(),
  threadId: z.string().max(100),
  callId: z.string().min(1).max(200),
  name: z.string().min(1).max(128),
  argumentsJson: z.string().max(MAX_ARGUMENTS_LENGTH),
  deadlineMs: z.number().int().nonnegative(),
});

const listRequest = z.object({ include: z.array(z.string().max(128)).max(200) });

/** @throws HoldfastError INVALID_ARGUMENT naming the field; MALFORMED_JSON for arguments that are no JSON */
export function parseCallRequest(request: CallToolRequest): ToolCallInput {
  const parsed = callRequest.safeParse(request);
  if (!parsed.success) throw invalid(parsed.error);
  const { argumentsJson, deadlineMs, ...rest } = parsed.data;
  return { ...rest, args: parseArguments(argumentsJson), ...(deadlineMs === 0 ? {} : { timeoutMs: deadlineMs }) };
}

/** @throws HoldfastError INVALID_ARGUMENT */
export function parseListRequest(request: ListToolsRequest): readonly string[] {
  const parsed = listRequest.safeParse(request);
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data.include;
}

function parseArguments(json: string): unknown {
  try {
    return JSON.parse(json === '' ? '{}' : json);
  } catch (cause) {
    throw new HoldfastError('MALFORMED_JSON', 'arguments_json is no JSON.', { cause });
  }
}

function invalid(error: z.ZodError): HoldfastError {
  const fields = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  return new HoldfastError('INVALID_ARGUMENT', fields.map(({ path, message }) => `${path}: ${message}`).join('; '), { fields });
}
