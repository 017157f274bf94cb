import fc from 'fast-check';
import { isServerSlug, modelFacingName } from './tool-name';

const slug = fc
  .array(fc.stringMatching(/^[a-z0-9]{1,5}$/), { minLength: 1, maxLength: 4 })
  .chain((parts) => fc.constantFrom('-', '_').map((glue) => parts.join(glue)))
  .filter(isServerSlug);
const tool = fc.oneof(fc.string({ maxLength: 128 }), fc.stringMatching(/^[A-Za-z0-9_.-]{1,128}$/), fc.stringMatching(/^_{0,3}[a-z]{0,3}_[0-9a-f]{8}$/));

it.each(['filesystem', 'a', 'git-hub', 'a_b', '9'])('%s is a slug', (text) => expect(isServerSlug(text)).toBe(true));
it.each(['', 'a__b', 'a_', '_a', 'a-', 'A', 'ä', 'a b', 'a.b', 'a/b', 'a_-b', 'x'.repeat(33)])('%j is none', (text) => expect(isServerSlug(text)).toBe(false));

it('joins slug and tool when that is a good name', () => {
  expect(modelFacingName('filesystem', 'read_text_file')).toBe('filesystem__read_text_file');
  expect(modelFacingName('everything', 'get-sum')).toBe('everything__get-sum');
});

it('mends and marks names that models do not take', () => {
  expect(modelFacingName('s', 'a.b')).toMatch(/^s__a_b_[0-9a-f]{8}$/);
  expect(modelFacingName('s', 'x'.repeat(128))).toMatch(/^s__x{52}_[0-9a-f]{8}$/);
  expect(() => modelFacingName('a__b', 'c')).toThrow(RangeError);
});

it('always gives a name that model APIs accept', () => {
  fc.assert(fc.property(slug, tool, (s, t) => expect(modelFacingName(s, t)).toMatch(/^[A-Za-z0-9_-]{1,64}$/)));
});

it('gives two different tools two different names and the same tool the same', () => {
  fc.assert(
    fc.property(slug, tool, slug, tool, (s1, t1, s2, t2) => {
      expect(modelFacingName(s1, t1) === modelFacingName(s2, t2)).toBe(s1 === s2 && t1 === t2);
    }),
    { numRuns: 500 },
  );
});

it.each([
  [['a', '_b'], ['a_b', 'b']],
  [['a', 'b__c'], ['a_b', 'c']],
  [['s', 'a.b'], ['s', 'a_b']],
  [['s', 'a.b'], ['s', modelFacingName('s', 'a.b').slice(3)]],
  [['s', `${'x'.repeat(61)}1`], ['s', `${'x'.repeat(61)}2`]],
] as const)('%j and %j do not meet', ([s1, t1], [s2, t2]) => {
  expect(modelFacingName(s1, t1)).not.toBe(modelFacingName(s2, t2));
});
