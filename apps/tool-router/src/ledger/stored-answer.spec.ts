import fc from 'fast-check';
import type { ToolAnswer } from '../pipeline/tool-answer';
import { UNKNOWN_RESULT, decodeAnswer, encodeResult } from './stored-answer';

const outcome = { status: 'ok' as const, server: 's', tool: 't', effect: 'read' as const, duration_ms: 1.25, bytes: 7, truncated: false, arguments_sha256: 'x' };
// Any UTF-16, lone surrogates and U+0000 too: tools send what they like.
const text = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 }).map((units) => String.fromCharCode(...units));
// What comes over JSON: no -0.
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const block = fc.oneof(
  text.map((t) => ({ type: 'text', text: t })),
  fc.record({ type: fc.constant('text'), text, annotations: fc.constant({ priority: 1 }) }),
  fc.record({ type: text, data: json }),
);
const structured = fc.option(json, { nil: undefined });

it('gives back what it was given', () => {
  fc.assert(
    fc.property(text, fc.array(block, { maxLength: 3 }), structured, fc.boolean(), (words, blocks, data, cached) => {
      for (const content of [blocks, [{ type: 'text', text: words }]]) {
        const answer: ToolAnswer = { outcome, text: words, content, cached, replayed: false, ...(data === undefined ? {} : { structured: data }) };
        const stored = encodeResult(answer);
        expect(decodeAnswer({ outcome, result: stored }, false)).toEqual(answer);
        // ASCII-safe where PostgreSQL's text is not.
        expect(stored).not.toContain('\u0000');
      }
    }),
  );
});

it('has words for an unknown outcome and for a row from before the ledger', () => {
  expect(decodeAnswer({ outcome, result: UNKNOWN_RESULT }, true)).toMatchObject({ replayed: true, text: expect.stringContaining('may or may not have taken effect') });
  expect(decodeAnswer({ outcome, result: null }, true).text).toBe('The result of this call was not kept.');
});
