import { readDirectives, withoutDirectives } from './directives.ts';
import { digestReadme, packageDescription } from './readme-digest.ts';

describe('directives', () => {
  it('are read from the message and from the model name', () => {
    expect(readDirectives('holdfast-dev slow:20', 'hello 429:3 cut:once drip:on')).toEqual({
      slowMs: 20, rateLimitSeconds: 3, cut: true, drip: true, revise: false, misfit: 'never', failStatus: undefined,
    });
  });

  it('are bounded', () => {
    expect(readDirectives('slow:99999').slowMs).toBe(60_000);
    expect(readDirectives('fail:200').failStatus).toBeUndefined();
    expect(readDirectives('fail:503').failStatus).toBe(503);
    expect(['x', 'misfit:once', 'misfit:on'].map((text) => readDirectives(text).misfit)).toEqual(['never', 'once', 'always']);
  });

  it('are no part of the question', () => {
    expect(withoutDirectives('echo slow:5 hello')).toBe('echo hello');
    expect(withoutDirectives('a slow: 5 day at 12:429:1')).toBe('a slow: 5 day at 12:429:1');
  });
});

describe('README digest', () => {
  it('takes the first heading and the first paragraph, without code, lists and tables', () => {
    expect(digestReadme('# `A`\n\n```\ncode\n```\n- item\n\nOne\ntwo.\n\nThree.')).toEqual({ title: 'A', purpose: 'One two.' });
  });

  it('cuts long paragraphs at a sentence', () => {
    const purpose = digestReadme(`${'word '.repeat(30)}end. ${'more '.repeat(60)}`).purpose ?? '';
    expect(purpose.endsWith('end.')).toBe(true);
  });

  it('reads a description out of a cut-off manifest', () => {
    expect(packageDescription('{"name":"x","description":"Says \\"hi\\"", "scr')).toBe('Says "hi"');
    expect(packageDescription('{}')).toBeUndefined();
  });
});
