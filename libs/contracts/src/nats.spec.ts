import fc from 'fast-check';
import { noticeSubject, subjectFor, subjectToken, tokenSubject } from './nats';

const tenantId = '0198F1C0-0000-7000-8000-00000000000A';
const runId = '0198f1c0-0000-7000-8000-00000000000b';

it('names facts, tokens and notices by tenant and run', () => {
  expect(subjectFor({ tenantId, runId, type: 'run.step-completed.v1' })).toBe(
    'holdfast.v1.0198f1c000007000800000000000000a.run.0198f1c000007000800000000000000b.step-completed-v1',
  );
  expect(subjectFor({ tenantId, runId, type: 'tool.called.v1' })).toMatch(/\.tool-called-v1$/);
  expect(tokenSubject(tenantId, runId)).toBe('holdfast.tokens.0198f1c000007000800000000000000a.0198f1c000007000800000000000000b');
  expect(noticeSubject(tenantId, runId)).toMatch(/^holdfast\.notices\.[0-9a-f]{32}\.[0-9a-f]{32}$/);
});

it('lets no other text into a subject', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^[0-9a-f-]{32,}$/i.test(text));
      expect(() => subjectToken(text)).toThrow(TypeError);
    }),
  );
  for (const bad of ['*', '>', 'a.b', '', `${runId}.>`, runId.replace('0', 'g')]) expect(() => subjectToken(bad)).toThrow(TypeError);
});
