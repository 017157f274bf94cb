import { handoffOf, objectionOf, stepsOf } from './model-texts';

describe('texts of models', () => {
  it('give steps: numbered lines, or the whole text, never too many', () => {
    expect(stepsOf('Plan:\n 1. a \n2) b\nnote', 8)).toEqual(['a', 'b']);
    expect(stepsOf('  just do it ', 8)).toEqual(['just do it']);
    expect(stepsOf('', 8)).toEqual([]);
    expect(stepsOf(Array.from({ length: 20 }, (_, i) => `${i}. s`).join('\n'), 8)).toHaveLength(8);
  });

  it('are an objection only when they clearly are', () => {
    expect(objectionOf('REVISE: more\nplease')).toBe('more\nplease');
    expect(objectionOf('  REVISE')).toBe('The reviewer gave no reason.');
    expect(objectionOf('ACCEPT')).toBeUndefined();
    expect(objectionOf('I would not REVISE this')).toBeUndefined();
  });

  it.each([
    ['HANDOFF: clerk: add 2 and 3', { to: 'clerk', task: 'add 2 and 3' }],
    ['I am not the right one.\n\n**HANDOFF: Clerk**: add them\nThanks', { to: 'clerk', task: 'add them' }],
    ['> handoff: file-reader - look: there', { to: 'file-reader', task: 'look: there' }],
    ['HANDOFF clerk', { to: 'clerk', task: '' }],
  ])('name whom to hand over to: %j', (text, expected) => {
    expect(handoffOf(text)).toEqual(expected);
  });

  it.each(['', 'The HANDOFF: clerk went well.', 'HANDOFF:', 'HANDOFFS: clerk'])('name nobody: %j', (text) => {
    expect(handoffOf(text)).toBeUndefined();
  });
});
