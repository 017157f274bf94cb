import fc from 'fast-check';
import { normaliseResult } from './normalise-result';

const size = (value: unknown): number => Buffer.byteLength(JSON.stringify(value), 'utf8');

it('keeps a small result as it is, an error too', () => {
  const content = [
    { type: 'text', text: 'hello' },
    { type: 'image', data: 'AAAA', mimeType: 'image/png' },
    { type: 'resource', resource: { uri: 'demo://x', text: 'body' }, annotations: { priority: 1 } },
    { type: 'resource_link', uri: 'demo://y', name: 'y' },
    { type: 'hologram', depth: 3 },
  ];
  const result = normaliseResult({ content, structuredContent: { a: [1, null] }, isError: true, _meta: { x: 1 } });
  expect(result).toEqual({
    content,
    structured: { a: [1, null] },
    isError: true,
    text: 'hello\n[image image/png, 3 bytes]\nbody\n[resource y demo://y]\n[content of type hologram]',
    bytes: content.reduce((sum, block) => sum + size(block), 0) + size({ a: [1, null] }),
    truncated: false,
  });
});

it('reads structured content when there is nothing else', () => {
  expect(normaliseResult({ structuredContent: 5 })).toMatchObject({ text: '5', structured: 5, content: [] });
  expect(normaliseResult({ content: [] })).toMatchObject({ text: '', isError: false, bytes: 0 });
});

it.each([undefined, null, 5, 'x', [], { content: 'x' }, { content: [{ text: 'no type' }] }, { content: [], isError: 'yes' }])('refuses %j', (raw) => {
  expect(() => normaliseResult(raw)).toThrow(expect.objectContaining({ code: 'INVALID_RESULT' }));
});

it('cuts text at the limit, tells so, and never cuts a character in two', () => {
  const result = normaliseResult({ content: [{ type: 'text', text: '😀'.repeat(1_000) }] }, 1_000);
  expect(result.truncated).toBe(true);
  expect(size(result.content[0])).toBeLessThanOrEqual(1_000);
  expect(size(result.content[0])).toBeGreaterThan(990);
  expect(String(result.content[0]?.['text'])).toMatch(/^(?:😀)+$/u);
  expect(result.text).toContain('The result was cut: it has 4025 bytes');
});

it('names what is too large instead of passing half of it on', () => {
  const image = { type: 'image', mimeType: 'image/png', data: 'A'.repeat(5_000) };
  const result = normaliseResult({ content: [image, { type: 'text', text: 'after' }], structuredContent: 'x'.repeat(2_000) }, 1_000);
  expect(result.content).toEqual([
    { type: 'text', text: `[image image/png: ${size(image)} bytes, too large to be passed on]` },
    { type: 'text', text: 'after' },
  ]);
  expect(result).not.toHaveProperty('structured');
  expect(result.truncated).toBe(true);
});

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\u0001', 'é'), maxLength: 400 }));
const block = fc.oneof(
  text.map((t) => ({ type: 'text', text: t })),
  fc.record({ type: fc.constant('image'), mimeType: text, data: text }),
  fc.record({ type: fc.string({ maxLength: 20 }), anything: fc.jsonValue() }),
);

it('holds its bound, says truthfully whether it cut, and passes everything on when it did not', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 8 }), fc.integer({ min: 0, max: 2_000 }), (content, limit) => {
      const result = normaliseResult({ content }, limit);
      const total = content.reduce((sum, item) => sum + size(item), 0);
      expect(result.bytes).toBe(total);
      expect(result.truncated).toBe(total > limit);
      expect(result.content.reduce((sum, item) => sum + size(item), 0)).toBeLessThanOrEqual(limit);
      if (!result.truncated) expect(result.content).toEqual(content);
    }),
    { numRuns: 300 },
  );
});
