import { HoldfastError, isHoldfastError, type ErrorCode } from '@holdfast/contracts/errors';

/** SQLSTATE of a failed statement; undefined for everything that is not an answer of the server. */
export function sqlStateOf(error: unknown): string | undefined {
  // By shape, not by class: `instanceof` breaks across realms.
  if (typeof error !== 'object' || error === null || !('severity' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}

/** Serialisation failure or deadlock: the transaction is undone and may be run again. */
export function isTransient(error: unknown): boolean {
  const state = sqlStateOf(error) ?? sqlStateOf((error as { cause?: unknown } | null)?.cause);
  return state === '40001' || state === '40P01';
}

/** Turns a driver's or server's error into ours. Server texts stay in `cause`: they may quote data. */
export function toHoldfastError(error: unknown): HoldfastError {
  if (isHoldfastError(error)) return error;
  const state = sqlStateOf(error);
  if (state === undefined) return new HoldfastError('DEPENDENCY_UNAVAILABLE', 'PostgreSQL cannot be reached', { cause: error, retryAfterMs: 1_000 });
  return new HoldfastError(codeOf(state), messageOf(state), { cause: error, details: { sqlstate: state } });
}

function codeOf(state: string): ErrorCode {
  if (state === '23505') return 'CONFLICT';
  // Class 22, data exception: a value that no column can hold, such as a timestamp out of range.
  if (state.startsWith('22')) return 'INVALID_ARGUMENT';
  // 57014 statement timeout, 55P03 lock timeout
  if (state === '57014' || state === '55P03') return 'DEADLINE_EXCEEDED';
  // 08 connection, 53 resources, 57P shutdown and recovery, 40 undone, 25P03/25P04 idle too long;
  // 3F000, 42P01, 42703, 42883: the migrations of this build have not run yet
  if (/^(08|53|57P|40|25P0[34]|3F000|42P01|42703|42883)/.test(state)) return 'DEPENDENCY_UNAVAILABLE';
  return 'INTERNAL';
}

function messageOf(state: string): string {
  switch (codeOf(state)) {
    case 'CONFLICT':
      return 'the object exists already';
    case 'INVALID_ARGUMENT':
      return 'a value cannot be stored';
    case 'DEADLINE_EXCEEDED':
      return 'PostgreSQL took too long';
    case 'DEPENDENCY_UNAVAILABLE':
      return 'PostgreSQL is not available';
    default:
      return `PostgreSQL refused a statement (SQLSTATE ${state})`;
  }
}
