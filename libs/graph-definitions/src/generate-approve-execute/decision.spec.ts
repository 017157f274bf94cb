import { questionAbout, readDecision } from './decision';

describe('decisions of persons', () => {
  it.each([
    { decision: 'approve' },
    { decision: 'reject', reason: 'too much' },
    { decision: 'edit', args: { n: 1 } },
    { decision: 'edit', args: {} },
  ])('are taken as they are: %j', (answer) => {
    expect(readDecision(answer)).toBe(answer);
  });

  it.each([
    ['yes', /value: .*"string".*"object"/],
    [undefined, /value: .*"null"/],
    [null, /value/],
    [{}, /"decision"/],
    [{ decision: 'maybe' }, /^decision: .*approve.*reject.*edit/],
    [{ decision: 'reject' }, /"reason"/],
    [{ decision: 'reject', reason: '' }, /^reason: .*too short/],
    [{ decision: 'edit' }, /"args"/],
    [{ decision: 'edit', args: [1] }, /^args: /],
  ])('are refused with what is wrong: %j', (answer, problem) => {
    expect(readDecision(answer)).toEqual({ problem: expect.stringMatching(problem) });
  });

  it('are asked for with the call that was proposed, the form of the answer, and what was wrong before', () => {
    const proposal = { id: 'c', tool: 's__t', args: { a: 1 } };
    const schema: unknown = expect.objectContaining({ required: ['decision'] });
    expect(questionAbout(proposal, '')).toEqual({ kind: 'approval', tool: 's__t', args: { a: 1 }, schema });
    expect(questionAbout(proposal, 'no')).toMatchObject({ problem: 'no' });
  });
});
