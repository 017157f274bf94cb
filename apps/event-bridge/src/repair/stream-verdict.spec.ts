import { judgeStream } from './stream-verdict';

const created = '2026-11-23T00:28:22.450210619Z';
const known = (lastSeq: number, at = created): { created: Date; lastSeq: number } => ({ created: new Date(at), lastSeq });

describe('judgeStream', () => {
  it.each([
    ['nothing is remembered', [null, undefined], 'other'],
    ['it has grown', [known(90), known(100)], 'intact'],
    ['the database remembers more', [known(101)], 'shorter'],
    ['the process remembers more', [known(90), known(101)], 'shorter'],
    ['it was made anew', [known(5, '2026-11-23T09:00:00Z')], 'other'],
    ['the process saw another one', [known(5), known(5, '2026-11-23T09:00:00Z')], 'other'],
  ] as const)('when %s', (_when, memories, verdict) => {
    expect(judgeStream({ created, lastSeq: 100 }, ...memories)).toBe(verdict);
  });
});
