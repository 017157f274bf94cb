import { type ErrorCode, HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';

/** Longest wait that a provider's Retry-After may ask for; a longer one is cut, so that a run stays bounded. */
export const MAX_RETRY_AFTER_MS = 10 * 60_000;

const MAX_PROVIDER_TEXT = 300;

/** Which of our own time limits ended a call. */
export type ModelTimeout = 'deadline' | 'idle';

/** What the OpenAI client throws, seen structurally: `instanceof` fails across duplicate packages. */
interface ProviderError {
  readonly status?: unknown;
  readonly code?: unknown;
  readonly headers?: unknown;
  readonly lc_error_code?: unknown;
}

/**
 * Turns whatever a model call threw into one of our codes. The table (HTTP status → code):
 * 429 MODEL_RATE_LIMITED (with Retry-After), but a spent quota is MODEL_REJECTED; 408, 5xx and lost connections
 * MODEL_UNAVAILABLE; our own time limits MODEL_TIMEOUT; 401, 403 MODEL_AUTH; too long a conversation MODEL_CONTEXT_LENGTH;
 * any other 4xx MODEL_REJECTED.
 * @param timeout the time limit that ended the call, when it was one of ours
 * @param nowMs wall clock, for a Retry-After that is a date
 */
export function classifyModelFailure(error: unknown, timeout?: ModelTimeout, nowMs: number = Date.now()): HoldfastError {
  if (isHoldfastError(error)) return error;
  if (timeout === 'deadline') return failure('MODEL_TIMEOUT', 'The model did not finish within the time given to the call.', error);
  if (timeout === 'idle') return failure('MODEL_TIMEOUT', 'The model stopped sending in the middle of its answer.', error);
  const { status, code, headers, lc_error_code: langChainCode } = (error ?? {}) as ProviderError;
  if (isContextOverflow(error, status, code)) {
    return failure('MODEL_CONTEXT_LENGTH', `The conversation is longer than the model can read. ${providerText(error)}`, error);
  }
  if (typeof status === 'number') return byStatus(error, status, code, headers, nowMs);
  if ((error as Error | null)?.name === 'TimeoutError') return failure('MODEL_TIMEOUT', 'The model gateway did not answer in time.', error);
  if (langChainCode === 'MODEL_AUTHENTICATION') return byStatus(error, 401, code, headers, nowMs);
  if (isConnectionLoss(error)) {
    return failure('MODEL_UNAVAILABLE', `The connection to the model gateway was lost or refused (${connectionCode(error)}).`, error);
  }
  return failure('INTERNAL', `The model call failed in the worker: ${redact(messageOf(error))}`, error);
}

/** Milliseconds that a `Retry-After` (seconds or HTTP date) or `retry-after-ms` asks for; undefined without a usable one. */
export function retryAfterMs(headers: unknown, nowMs: number): number | undefined {
  const millis = headerOf(headers, 'retry-after-ms');
  if (millis !== undefined && /^\d+(\.\d+)?$/.test(millis)) return bounded(Number(millis));
  const value = headerOf(headers, 'retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return bounded(Number(value) * 1000);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : bounded(at - nowMs);
}

/** A text without anything that looks like a credential. */
export function redact(text: string): string {
  return text
    .replace(/\b(?:sk|hf|pk|key|rk)[-_][\w*.-]{6,}/gi, '[redacted]')
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 [redacted]');
}

function byStatus(error: unknown, status: number, code: unknown, headers: unknown, nowMs: number): HoldfastError {
  const said = providerText(error);
  if (status === 429) {
    if (code === 'insufficient_quota') return failure('MODEL_REJECTED', `The quota at the model provider is spent. ${said}`, error);
    const wait = retryAfterMs(headers, nowMs);
    return failure('MODEL_RATE_LIMITED', 'The model provider limits the rate of calls (HTTP 429).', error, wait);
  }
  // A provider's 401 may quote the key that it refused, so its text is left out.
  if (status === 401) return failure('MODEL_AUTH', 'The model gateway refused the API key (HTTP 401). Check LLM_GATEWAY_API_KEY.', error);
  if (status === 403) return failure('MODEL_AUTH', 'The model gateway forbids this call to the key in use (HTTP 403).', error);
  if (status === 404) return failure('MODEL_REJECTED', `The gateway knows no such model or path (HTTP 404). Check LLM_MODEL and LLM_GATEWAY_URL. ${said}`, error);
  if (status === 408 || status === 409 || status === 425 || status >= 500) {
    const wait = retryAfterMs(headers, nowMs);
    return failure('MODEL_UNAVAILABLE', `The model gateway answered HTTP ${status}. ${said}`, error, wait);
  }
  return failure('MODEL_REJECTED', `The model gateway refused the request (HTTP ${status}). ${said}`, error);
}

function failure(code: ErrorCode, message: string, cause: unknown, retryAfter?: number): HoldfastError {
  return new HoldfastError(code, message.trim(), { cause, ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }) });
}

function isContextOverflow(error: unknown, status: unknown, code: unknown): boolean {
  if (code === 'context_length_exceeded' || (error as Error | null)?.name === 'ContextOverflowError') return true;
  if (status !== 400 && status !== 413 && status !== 422) return false;
  return /context.{0,20}(?:length|window)|maximum.{0,20}tokens|too many tokens/i.test(messageOf(error));
}

const CONNECTION_CODES = /^(?:E(?:CONN|PIPE|HOST|NET|AI_|TIMEDOUT|NOTFOUND)|UND_ERR_)/;

function isConnectionLoss(error: unknown): boolean {
  if (connectionCode(error) !== 'no code') return true;
  const { name, message } = (error ?? {}) as { name?: string; message?: string };
  if (name === 'APIConnectionError') return true;
  return /connection error|fetch failed|terminated|premature close|socket hang up|other side closed/i.test(message ?? '');
}

/** The first network error code in the chain of causes. */
function connectionCode(error: unknown): string {
  let at: unknown = error;
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth++) {
    const { code, cause } = at as { code?: unknown; cause?: unknown };
    if (typeof code === 'string' && CONNECTION_CODES.test(code)) return code;
    at = cause;
  }
  return 'no code';
}

function headerOf(headers: unknown, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (typeof (headers as { get?: unknown }).get === 'function') {
    const value = (headers as { get(name: string): unknown }).get(name);
    return typeof value === 'string' ? value : undefined;
  }
  const value = (headers as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

function bounded(ms: number): number {
  return Math.min(Math.max(0, Math.round(ms)), MAX_RETRY_AFTER_MS);
}

/** What the provider said, without credentials and without LangChain's link to its own troubleshooting page. */
function providerText(error: unknown): string {
  const text = redact(messageOf(error).split('\n\nTroubleshooting URL')[0] ?? '').trim();
  if (text === '') return '';
  return `The provider said: ${text.length > MAX_PROVIDER_TEXT ? `${text.slice(0, MAX_PROVIDER_TEXT)} …` : text}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : typeof error === 'string' ? error : 'no message';
}
