import { HoldfastError } from '@holdfast/contracts/errors';
import type { McpCallError } from '@holdfast/mcp-adapters';
import { OUTCOME_UNKNOWN, textAnswer, type Subject, type ToolAnswer } from './tool-answer';

const REPEATABLE = new Set(['read', 'idempotent']);

/** Whether a call of this effect may be made again when nobody knows how the first one ended. */
export function mayBeRepeated(effect: string): boolean {
  return REPEATABLE.has(effect);
}

/**
 * What a failed call means: an answer that the model reads, or a retryable error for the caller. A call that may have been executed and
 * must not be repeated is always an answer.
 * @throws HoldfastError TOOL_UNAVAILABLE (retryable), RUN_CANCELLED
 */
export function answerFailure(error: McpCallError, subject: Subject): ToolAnswer {
  const { server, tool, settings } = subject.tool;
  switch (error.code) {
    case 'UNAVAILABLE':
      throw unavailable(server, error);
    case 'LOST':
      if (mayBeRepeated(settings.effect)) throw unavailable(server, error);
      return textAnswer(subject, 'error', OUTCOME_UNKNOWN, `The connection broke while ${tool} was running. It may or may not have taken effect; check before repeating it.`);
    case 'TIMEOUT':
      if (mayBeRepeated(settings.effect)) return textAnswer(subject, 'error', 'TOOL_TIMEOUT', `The tool ${tool} did not answer in time.`);
      return textAnswer(subject, 'error', OUTCOME_UNKNOWN, `The tool ${tool} did not answer in time. It may or may not have taken effect; check before repeating it.`);
    case 'PROTOCOL':
      return textAnswer(subject, 'error', 'TOOL_FAILED', `The tool server refused the call: ${error.message.slice(0, 2_000)}`);
    case 'INVALID_RESULT':
      return textAnswer(subject, 'error', 'TOOL_FAILED', 'The tool server answered with something that is no tool result.');
    case 'CANCELLED':
      throw new HoldfastError('RUN_CANCELLED', 'The caller cancelled the call.', { cause: error });
  }
}

function unavailable(server: string, cause: unknown): HoldfastError {
  return new HoldfastError('TOOL_UNAVAILABLE', `The tool server ${server} is not available.`, { cause, retryAfterMs: 500 });
}
