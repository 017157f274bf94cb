import { HoldfastError } from '@holdfast/contracts/errors';
import { isMcpCallError, type McpCallError } from '@holdfast/mcp-adapters';
import type { CallEnd } from '../ledger/call-end';
import { OUTCOME_UNKNOWN, mayBeRepeated, textAnswer, type Subject } from './tool-answer';

/**
 * What the failure of a call means that was sent: an outcome that the model reads, or an error that is retried. What may have been executed
 * and must not be repeated is always an outcome.
 */
export function endOfFailure(error: unknown, subject: Subject): CallEnd {
  const { server, tool, settings } = subject.tool;
  const isRepeatable = mayBeRepeated(settings.effect);
  const unknown = (what: string): CallEnd => finished(subject, OUTCOME_UNKNOWN, `${what} It may or may not have taken effect; check before repeating it.`);
  // Not one of a server's failures, so a defect; but the call was made.
  if (!isMcpCallError(error)) return isRepeatable ? { kind: 'lost', error } : unknown(`The router failed while ${tool} was running.`);
  switch (error.code) {
    case 'UNAVAILABLE':
      return { kind: 'released', error: unavailable(server, error) };
    case 'LOST':
      return isRepeatable ? { kind: 'lost', error: unavailable(server, error) } : unknown(`The connection broke while ${tool} was running.`);
    case 'TIMEOUT': {
      const text = `The tool ${tool} did not answer in time.`;
      return isRepeatable ? finished(subject, 'TOOL_TIMEOUT', text) : unknown(text);
    }
    case 'CANCELLED':
      return isRepeatable ? { kind: 'lost', error: cancelled(error) } : unknown(`The call was cancelled while ${tool} was running.`);
    case 'PROTOCOL':
      return finished(subject, 'TOOL_FAILED', `The tool server refused the call: ${error.message.slice(0, 2_000)}`);
    case 'INVALID_RESULT':
      return finished(subject, 'TOOL_FAILED', 'The tool server answered with something that is no tool result.');
  }
}

/** The error of a call that was not sent: nothing was executed, so a repeat is the first call. */
export function errorBeforeCall(error: unknown, server: string): unknown {
  if (!isMcpCallError(error)) return error;
  return error.code === 'CANCELLED' ? cancelled(error) : unavailable(server, error);
}

function finished(subject: Subject, code: string, text: string): CallEnd {
  return { kind: 'finished', answer: textAnswer(subject, 'error', code, text) };
}

function unavailable(server: string, cause: McpCallError): HoldfastError {
  return new HoldfastError('TOOL_UNAVAILABLE', `The tool server ${server} is not available.`, { cause, retryAfterMs: 500 });
}

// For whoever asks for the call in the meantime: those who cancelled it are gone.
function cancelled(cause: McpCallError): HoldfastError {
  return new HoldfastError('DEADLINE_EXCEEDED', 'Everybody who waited for the call stopped waiting.', { cause });
}
