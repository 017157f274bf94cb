import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { blobHashes, externalise, hydrate } from './index';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const bodiesOf = (blobs: readonly { hash: string; body: string }[]): Map<string, string> => new Map(blobs.map((b) => [b.hash, b.body]));

describe('externalise and hydrate', () => {
  it('are inverse for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const { value: small, blobs } = externalise(value, sha256, 8);
        expect(hydrate(small, bodiesOf(blobs))).toEqual(value);
      }),
    );
  });

  it('leave no string over the limit outside of previews', () => {
    const text = 'ä'.repeat(2000);
    const { value, blobs } = externalise({ a: [text, text], b: 'short' }, sha256, 2048);
    expect(blobs).toEqual([{ hash: `sha256:${sha256(text)}`, bytes: 4000, body: text }]);
    expect(JSON.stringify(value).length).toBeLessThan(1000);
    expect(blobHashes(value)).toEqual([`sha256:${sha256(text)}`]);
  });

  it('keep the content of a message valid LangChain content', () => {
    const message = { type: 'tool', id: 't1', tool_call_id: 'c1', content: 'x'.repeat(5000) };
    const { value, blobs } = externalise({ messages: [message] }, sha256);
    const [small] = (value as { messages: { content: unknown }[] }).messages;
    expect(small?.content).toEqual([expect.objectContaining({ type: 'text', text: 'x'.repeat(200), bytes: 5000 })]);
    expect(hydrate(value, bodiesOf(blobs))).toEqual({ messages: [message] });
  });

  it('share what did not change and externalise nothing twice', () => {
    const small = { a: { b: [1, 'x'] } };
    expect(externalise(small, sha256).value).toBe(small);
    const once = externalise({ text: 'y'.repeat(9000) }, sha256).value;
    expect(externalise(once, sha256)).toEqual({ value: once, blobs: [] });
  });

  it('never cut a preview inside a surrogate pair', () => {
    const { value } = externalise({ text: `${'a'.repeat(199)}${'😀'.repeat(3000)}` }, sha256);
    const { preview } = (value as { text: { preview: string } }).text;
    expect(preview.isWellFormed()).toBe(true);
  });

  it('leave a reference whose text is missing as it is', () => {
    const ref = { $blob: `sha256:${'0'.repeat(64)}`, bytes: 9, preview: 'p' };
    expect(hydrate({ ref }, new Map())).toEqual({ ref });
  });
});
