import { ERROR_CODES, ErrorKind, HoldfastError, isErrorCode, isHoldfastError } from './errors';

it('gives each code a kind, a retry rule and a status of 4xx or 5xx', () => {
  for (const [code, entry] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^[A-Z][A-Z_]+$/);
    expect(Object.values(ErrorKind)).toContain(entry.kind);
    expect(entry.status).toBeGreaterThanOrEqual(400);
    expect(entry.status).toBeLessThan(600);
  }
});

it('is recognised by its code, not by its class', () => {
  const error = new HoldfastError('THREAD_BUSY', 'the thread has an active run', { details: { run_id: 'r' } });
  expect(error).toMatchObject({ code: 'THREAD_BUSY', kind: 'user', retryable: false, details: { run_id: 'r' }, fields: [] });
  expect(isHoldfastError(Object.assign(new Error('from another bundle'), { code: 'NOT_FOUND' }))).toBe(true);
  expect(isHoldfastError(Object.assign(new Error('of Node'), { code: 'ENOENT' }))).toBe(false);
  expect(isErrorCode('toString')).toBe(false);
});
