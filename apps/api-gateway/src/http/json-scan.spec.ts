import { isHoldfastError } from '@holdfast/contracts/errors';
import fc from 'fast-check';
import { MAX_OBJECT_KEYS, parseJsonBody } from './json-scan';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string): unknown => parseJsonBody(bytes(text));

function codeOf(act: () => unknown): { code: string; path: string | undefined } {
  try {
    act();
  } catch (error) {
    if (isHoldfastError(error)) return { code: error.code, path: error.fields[0]?.path };
    throw error;
  }
  throw new Error('nothing was thrown');
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const wide = (keys: number): string => `{${Array.from({ length: keys }, (_, i) => `"k${i}":1`).join(',')}}`;

describe('JSON bodies', () => {
  it('parses what JSON.parse parses', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        if (/__proto__|\\u0000|\\ud[89a-f]/.test(text)) return;
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('never fails in another way than with one of its codes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => {
        try {
          parseJsonBody(raw);
        } catch (error) {
          expect(isHoldfastError(error)).toBe(true);
        }
      }),
    );
  });

  it('bounds depth, keys and entries', () => {
    expect(parse(nested(64))).toBeDefined();
    expect(codeOf(() => parse(nested(65))).code).toBe('BODY_TOO_COMPLEX');
    expect(codeOf(() => parse('{"a":'.repeat(100_000)))).toMatchObject({ code: 'BODY_TOO_COMPLEX' });
    expect(Object.keys(parse(wide(MAX_OBJECT_KEYS)) as object)).toHaveLength(MAX_OBJECT_KEYS);
    expect(codeOf(() => parse(wide(MAX_OBJECT_KEYS + 1))).code).toBe('BODY_TOO_COMPLEX');
    expect(codeOf(() => parse(`[${'1,'.repeat(100_001)}1]`)).code).toBe('BODY_TOO_COMPLEX');
  });

  it('counts no brackets inside of strings', () => {
    const text = '[{\\"'.repeat(500);
    expect(parse(JSON.stringify({ text }))).toEqual({ text });
  });

  it.each([
    ['{"a":{"b":["x","y\\u0000"]}}', 'a.b.1'],
    ['{"a":"\\ud800"}', 'a'],
    ['{"a":[1e400]}', 'a.0'],
    ['{"a":{"__proto__":{"admin":true}}}', 'a.__proto__'],
    ['{"a":{"x\\u0000":1}}', 'a.<key>'],
    ['"\\u0000"', 'body'],
  ])('names the part of %s that cannot be stored', (text, path) => {
    expect(codeOf(() => parse(text))).toEqual({ code: 'INVALID_ARGUMENT', path });
  });

  it.each(['{"a":', '', '\ufeff{}', '{a:1}', "{'a':1}", '{"a":01}', '[1,]', 'NaN'])('refuses %j', (text) => {
    expect(codeOf(() => parse(text)).code).toBe('MALFORMED_JSON');
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(codeOf(() => parseJsonBody(Uint8Array.of(0x22, 0xff, 0x22))).code).toBe('MALFORMED_JSON');
  });

  it('keeps astral characters and emoji', () => expect(parse('"😀\\ud83d\\ude00"')).toBe('😀😀'));
});
