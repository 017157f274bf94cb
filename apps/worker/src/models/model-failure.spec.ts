import { classifyModelFailure, MAX_RETRY_AFTER_MS, redact, retryAfterMs } from './model-failure';

const NOW = Date.parse('2026-11-23T00:00:00Z');

function httpError(status: number, extra: object = {}, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error(`${status} it failed`), { status, headers: new Headers(headers), ...extra });
}

describe('classification of model failures', () => {
  it.each([
    [400, 'MODEL_REJECTED', false],
    [401, 'MODEL_AUTH', false],
    [403, 'MODEL_AUTH', false],
    [404, 'MODEL_REJECTED', false],
    [408, 'MODEL_UNAVAILABLE', true],
    [413, 'MODEL_REJECTED', false],
    [422, 'MODEL_REJECTED', false],
    [429, 'MODEL_RATE_LIMITED', true],
    [500, 'MODEL_UNAVAILABLE', true],
    [502, 'MODEL_UNAVAILABLE', true],
    [503, 'MODEL_UNAVAILABLE', true],
    [529, 'MODEL_UNAVAILABLE', true],
  ])('HTTP %i is %s, retryable %s', (status, code, retryable) => {
    expect(classifyModelFailure(httpError(status))).toMatchObject({ code, retryable });
  });

  it('takes the wait of a 429 from seconds, milliseconds or a date', () => {
    const wait = (headers: Record<string, string>): number | undefined => classifyModelFailure(httpError(429, {}, headers), undefined, NOW).retryAfterMs;
    expect(wait({ 'retry-after': '7' })).toBe(7_000);
    expect(wait({ 'retry-after': '0.5' })).toBe(500);
    expect(wait({ 'retry-after-ms': '1250', 'retry-after': '7' })).toBe(1_250);
    expect(wait({ 'retry-after': 'Mon, 23 Nov 2026 00:00:30 GMT' })).toBe(30_000);
    expect(wait({})).toBeUndefined();
    expect(wait({ 'retry-after': 'soon' })).toBeUndefined();
  });

  it('bounds the wait and never waits backwards', () => {
    expect(retryAfterMs({ 'retry-after': '999999' }, NOW)).toBe(MAX_RETRY_AFTER_MS);
    expect(retryAfterMs({ 'retry-after': 'Sun, 22 Nov 2026 00:00:00 GMT' }, NOW)).toBe(0);
  });

  it('tells a spent quota from a limited rate', () => {
    expect(classifyModelFailure(httpError(429, { code: 'insufficient_quota' }))).toMatchObject({ code: 'MODEL_REJECTED', retryable: false });
  });

  it('knows a conversation that is too long by code, by class name and by text', () => {
    const named = Object.assign(new Error('x'), { name: 'ContextOverflowError' });
    const told = Object.assign(httpError(400), { message: "This model's maximum context length is 8192 tokens." });
    for (const error of [httpError(400, { code: 'context_length_exceeded' }), named, told]) {
      expect(classifyModelFailure(error).code).toBe('MODEL_CONTEXT_LENGTH');
    }
  });

  it('takes lost connections for retryable, wherever the network code hides', () => {
    const refused = new Error('Connection error.', { cause: new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }) });
    expect(classifyModelFailure(refused)).toMatchObject({ code: 'MODEL_UNAVAILABLE', retryable: true });
    expect(classifyModelFailure(refused).message).toContain('ECONNREFUSED');
    expect(classifyModelFailure(new TypeError('terminated')).code).toBe('MODEL_UNAVAILABLE');
  });

  it('names our own time limits', () => {
    expect(classifyModelFailure(new Error('Aborted'), 'deadline')).toMatchObject({ code: 'MODEL_TIMEOUT', retryable: true });
    expect(classifyModelFailure(new Error('Aborted'), 'idle').message).toContain('stopped sending');
  });

  it('takes anything else for a defect', () => {
    expect(classifyModelFailure(new TypeError('x is not a function'))).toMatchObject({ code: 'INTERNAL', retryable: false });
    expect(classifyModelFailure('text').code).toBe('INTERNAL');
  });

  it('shows no secrets', () => {
    const error = Object.assign(httpError(400), { message: 'bad key sk-abcdef0123456789 in Authorization: Bearer eyJhbGciOi.x.y' });
    const { message } = classifyModelFailure(error);
    expect(message).not.toMatch(/abcdef0123456789|eyJhbGciOi/);
    expect(classifyModelFailure(Object.assign(httpError(401), { message: 'Incorrect API key provided: my-odd-key' })).message).not.toContain('my-odd-key');
    expect(redact('nothing to hide')).toBe('nothing to hide');
  });

  it('cuts long texts of providers', () => {
    const error = Object.assign(httpError(400), { message: 'y'.repeat(5_000) });
    expect(classifyModelFailure(error).message.length).toBeLessThan(500);
  });
});
