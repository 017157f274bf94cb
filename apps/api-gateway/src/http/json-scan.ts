import { HoldfastError, type FieldProblem } from '@holdfast/contracts/errors';
import { MAX_JSON_DEPTH, MAX_JSON_KEYS } from '@holdfast/contracts';

/** Most keys of one object. */
export const MAX_OBJECT_KEYS = 10_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Bounds a JSON text before it is parsed: one pass over its bytes, no recursion, no allocation that grows with the input.
 * @throws HoldfastError `BODY_TOO_COMPLEX` when nested deeper than 64, an object has more than 10,000 keys, or all objects and
 *   arrays together more than 100,000 entries
 */
export function assertBoundedJson(bytes: Uint8Array): void {
  const keys = new Uint32Array(MAX_JSON_DEPTH + 1);
  let depth = 0;
  let entries = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) inString = false;
      continue;
    }
    switch (byte) {
      case QUOTE:
        inString = true;
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth += 1;
        if (depth > MAX_JSON_DEPTH) throw tooComplex(`nested deeper than ${MAX_JSON_DEPTH} levels`);
        keys[depth] = 0;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        depth = Math.max(0, depth - 1);
        break;
      case COLON:
        keys[depth] = (keys[depth] ?? 0) + 1;
        if ((keys[depth] ?? 0) > MAX_OBJECT_KEYS) throw tooComplex(`an object has more than ${MAX_OBJECT_KEYS} keys`);
        break;
      case COMMA:
        entries += 1;
        if (entries > MAX_JSON_KEYS) throw tooComplex(`more than ${MAX_JSON_KEYS} entries`);
        break;
      default:
    }
  }
}

function tooComplex(reason: string): HoldfastError {
  return new HoldfastError('BODY_TOO_COMPLEX', `The request body is too complex: ${reason}.`);
}

/** In Unicode mode a surrogate that is half of a pair does not match. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses a request body.
 * @throws HoldfastError `BODY_TOO_COMPLEX`, `MALFORMED_JSON` (also for bytes that are not UTF-8), or `INVALID_ARGUMENT` for values
 *   that PostgreSQL cannot store (U+0000, lone surrogates, numbers beyond double precision) and for `__proto__` keys
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  assertBoundedJson(bytes);
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new HoldfastError('MALFORMED_JSON', 'The request body is not valid JSON.', { cause });
  }
  const problem = findUnstorable(value, []);
  if (problem !== undefined) {
    throw new HoldfastError('INVALID_ARGUMENT', `${problem.path}: ${problem.message}`, { fields: [problem] });
  }
  return value;
}

/** The first part of a value that cannot be stored; recursion is bounded by {@link assertBoundedJson}. */
export function findUnstorable(value: unknown, path: readonly string[]): FieldProblem | undefined {
  if (typeof value === 'string') {
    const message = unstorableText(value);
    return message === undefined ? undefined : { path: pathText(path), message };
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : { path: pathText(path), message: 'number is out of range' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const message = key === '__proto__' ? 'key is not allowed' : unstorableText(key);
    if (message !== undefined) return { path: pathText([...path, key === '__proto__' ? key : '<key>']), message };
    const problem = findUnstorable(child, [...path, key]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Why a text cannot be stored, or `undefined`. */
export function unstorableText(text: string): string | undefined {
  if (text.includes('\u0000')) return 'contains the character U+0000';
  if (LONE_SURROGATE.test(text)) return 'contains a lone surrogate';
  return undefined;
}

function pathText(path: readonly string[]): string {
  return path.length === 0 ? 'body' : path.join('.');
}
