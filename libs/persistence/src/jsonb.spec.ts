import fc from 'fast-check';
import { toJsonb } from './jsonb';

describe('toJsonb', () => {
  it('replaces what jsonb cannot hold and nothing else', () => {
    expect(JSON.parse(toJsonb({ a: 'x\u0000y', 'k\u0000': 1 }))).toEqual({ a: 'x\ufffdy', 'k\ufffd': 1 });
    expect(JSON.parse(toJsonb('\ud83d'))).toBe('\ufffd');
    expect(JSON.parse(toJsonb('\udc00a\ud800'))).toBe('\ufffda\ufffd');
    expect(JSON.parse(toJsonb('😀 \\u0000 \\\\u0000 \\ud800 \u0001 \n'))).toBe('😀 \\u0000 \\\\u0000 \\ud800 \u0001 \n');
    expect(toJsonb(undefined)).toBe('null');
  });

  it('equals what a UTF-8 decoder makes of any text, with U+0000 replaced', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }).chain((text) => fc.tuple(fc.constant(text), fc.constantFrom('\u0000', '\ud800', '\\u0000', '\\', ''))), ([text, extra]) => {
        const value = `${text}${extra}${text}`;
        expect(JSON.parse(toJsonb(value))).toBe(Buffer.from(value, 'utf8').toString('utf8').replaceAll('\u0000', '\ufffd'));
      }),
    );
  });
});
