import { parseCommand } from './options';

describe('the command line', () => {
  it('names what to do', () => {
    expect(parseCommand([])).toEqual({ kind: 'show' });
    expect(parseCommand(['ramp', 'abcdef', '25'])).toEqual({ kind: 'ramp', build: 'abcdef', percent: 25 });
    expect(parseCommand(['promote', 'abcdef', '--force'])).toEqual({ kind: 'promote', build: 'abcdef', bundle: undefined, force: true, runs: 50 });
    expect(parseCommand(['rollback'])).toEqual({ kind: 'rollback', reason: 'by hand' });
    expect(parseCommand(['rehearse', 'w.cjs', '--runs', '7'])).toEqual({ kind: 'rehearse', bundle: 'w.cjs', runs: 7 });
  });

  it.each([[['ramp', 'abcdef', '101']], [['ramp', 'abcdef']], [['promote', 'a b']], [['promote']], [['rehearse']], [['launch']], [['ramp', 'abcdef', '1', 'x']]])(
    'refuses %j',
    (args) => expect(() => parseCommand(args)).toThrow(),
  );
});
