import { HoldfastError } from '@holdfast/contracts/errors';

/** Deepest nesting; a checkpoint is JSON, and readers of it are recursive. */
const MAX_DEPTH = 200;

/** What a value would take as JSON, roughly: counted in characters, quotes and commas included. */
const PER_ITEM = 4;

/** Of a list of which nothing was measured. */
export const NOTHING = { count: 0, bytes: 0 } as const;

/**
 * Refuses a value that cannot be stored or is too large. Cost: the number of its parts up to the limit; texts count by their length.
 * @param what names the value in the message: `the result of a node`
 * @param limit most characters
 * @param measured how many items at the beginning of a list were measured, and what they came to
 * @returns characters, also those of what was measured before
 * @throws HoldfastError RESULT_INVALID, or `tooLarge` with the limit
 */
export function requireStorable(
  value: unknown,
  what: string,
  limit: number,
  tooLarge: 'RESULT_TOO_LARGE' | 'CALL_TOO_LARGE' | 'STATE_TOO_LARGE',
  measured: (list: readonly unknown[]) => { readonly count: number; readonly bytes: number } = () => NOTHING,
): number {
  const above = new Set<object>();
  let size = 0;

  const add = (characters: number): void => {
    size += characters + PER_ITEM;
    if (size > limit) throw new HoldfastError(tooLarge, `${what} is larger than ${limit} bytes`);
  };
  const walk = (part: unknown): void => {
    if (typeof part === 'string') return add(part.length);
    if (typeof part === 'bigint' || typeof part === 'symbol' || typeof part === 'function') throw invalid(what, `a ${typeof part}`);
    if (typeof part !== 'object' || part === null) return add(PER_ITEM);
    if (above.has(part)) throw invalid(what, 'a value that contains itself');
    if (above.size >= MAX_DEPTH) throw invalid(what, `more than ${MAX_DEPTH} levels`);
    if (ArrayBuffer.isView(part)) return add(part.byteLength * PER_ITEM);
    above.add(part);
    if (Array.isArray(part)) walkList(part);
    else walkObject(part);
    above.delete(part);
    add(0);
  };
  const walkList = (list: readonly unknown[]): void => {
    const { count, bytes } = measured(list);
    if (count > 0) add(bytes);
    for (let i = count; i < list.length; i += 1) walk(list[i]);
  };
  const walkObject = (part: object): void => {
    if (part instanceof Map) for (const entry of part) walk(entry);
    else if (part instanceof Set) for (const item of part) walk(item);
    else {
      // Objects of classes bring their own form (messages, dates); what they hold besides data does not count.
      const ofClass = !isPlain(part);
      for (const [key, item] of Object.entries(part)) {
        if (ofClass && (typeof item === 'function' || key === 'lc_kwargs')) continue;
        add(key.length);
        walk(item);
      }
    }
  };
  walk(value);
  return size;
}

function invalid(what: string, problem: string): HoldfastError {
  return new HoldfastError('RESULT_INVALID', `${what} holds ${problem}, which cannot be stored`);
}

function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || proto === Object.prototype;
}
