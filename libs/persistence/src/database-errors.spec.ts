import { HoldfastError } from '@holdfast/contracts/errors';
import { isTransient, sqlStateOf, toHoldfastError } from './database-errors';
import { tenantIdOf } from './tenant-scope';

function pgError(code: string): Error {
  return Object.assign(new Error('quotes data'), { severity: 'ERROR', code });
}

describe('toHoldfastError', () => {
  it.each([
    ['23505', 'CONFLICT', false],
    ['22P02', 'INVALID_ARGUMENT', false],
    ['57014', 'DEADLINE_EXCEEDED', true],
    ['55P03', 'DEADLINE_EXCEEDED', true],
    ['57P01', 'DEPENDENCY_UNAVAILABLE', true],
    ['53300', 'DEPENDENCY_UNAVAILABLE', true],
    ['42883', 'DEPENDENCY_UNAVAILABLE', true],
    ['40P01', 'DEPENDENCY_UNAVAILABLE', true],
    ['42501', 'INTERNAL', false],
  ])('%s is %s', (state, code, retryable) => {
    const error = toHoldfastError(pgError(state));
    expect(error).toMatchObject({ code, retryable, details: { sqlstate: state } });
    expect(error.message).not.toContain('quotes data');
  });

  it('takes every other failure of the driver for an absent server, and leaves ours alone', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(toHoldfastError(refused)).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', cause: refused });
    expect(toHoldfastError(new Error('Query read timeout'))).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    const ours = new HoldfastError('THREAD_BUSY', 'busy');
    expect(toHoldfastError(ours)).toBe(ours);
  });

  it('knows which failures may be tried again at once', () => {
    expect(isTransient(toHoldfastError(pgError('40001')))).toBe(true);
    expect(isTransient(pgError('40P01'))).toBe(true);
    expect(isTransient(toHoldfastError(pgError('57P01')))).toBe(false);
    expect(isTransient(new Error('x'))).toBe(false);
    expect(sqlStateOf(Object.assign(new Error('x'), { code: 'EPIPE' }))).toBeUndefined();
  });
});

describe('tenantIdOf', () => {
  it('accepts UUIDs only, because the id stands in SQL text', () => {
    const tenantId = '01a205d6-c677-720c-8c7d-38f05882512b';
    expect(tenantIdOf({ tenantId })).toBe(tenantId);
    for (const bad of ['', "'; DROP TABLE runs; --", `${tenantId}'`, tenantId.replaceAll('-', '')]) {
      expect(() => tenantIdOf({ tenantId: bad })).toThrow(TypeError);
    }
  });
});
