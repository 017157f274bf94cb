import fc from 'fast-check';
import { CHUNK, chunksOf } from './chunks';

/** A conversation as it stands in a payload. */
const conversation = (turns: number, head: string): string =>
  JSON.stringify({ head, messages: Array.from({ length: turns }, (_, i) => ({ type: 'human', id: `m${i}`, content: `Question ${i * 7919} of the person, and more words. 😀` })) });

describe('chunksOf', () => {
  it('loses nothing, and keeps to its lengths', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 0, max: 600 }), (text, times) => {
        const long = `${text}|`.repeat(times);
        const chunks = chunksOf(long);
        expect(chunks.join('')).toBe(long);
        for (const [i, chunk] of chunks.entries()) {
          expect(chunk.length).toBeLessThanOrEqual(CHUNK.longest + 1);
          if (i < chunks.length - 1) expect(chunk.length).toBeGreaterThanOrEqual(CHUNK.shortest);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('never cuts a character', () => {
    for (const chunk of chunksOf('x' + '😀'.repeat(100_000))) expect(Buffer.from(chunk, 'utf8').toString('utf8')).toBe(chunk);
  });

  it('gives a conversation that has grown the same chunks but for its ends, also under another head', () => {
    const before = new Set(chunksOf(conversation(2_000, 'run 1')));
    const after = chunksOf(conversation(2_002, 'run 22, with a longer head'));
    expect(before.size).toBeGreaterThan(10);
    expect(after.filter((chunk) => !before.has(chunk)).length).toBeLessThanOrEqual(4);
  });
});
