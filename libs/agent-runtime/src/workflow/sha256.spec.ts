import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { sha256 } from './sha256';

const nodes = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

describe('sha256', () => {
  it('gives what Node gives, for texts of any length and script', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => expect(sha256(text)).toBe(nodes(text))));
    for (let length = 0; length < 200; length += 1) expect(sha256('x'.repeat(length))).toBe(nodes('x'.repeat(length)));
    expect(sha256('ü😀'.repeat(20_000))).toBe(nodes('ü😀'.repeat(20_000)));
  });
});
