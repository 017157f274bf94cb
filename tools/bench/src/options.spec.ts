import { parseOptions } from './options';

describe('options of the bench', () => {
  it('takes parts of runtime in their own order', () => {
    expect(parseOptions(['runtime', '--only', 'soak,open']).runtime.parts).toEqual(['open', 'soak']);
    expect(parseOptions(['runtime', '--quick']).runtime.parts).toContain('waits');
  });

  it.each([
    [['runtime', '--only', 'open,sleep'], 'runtime has no part sleep'],
    [['--only', 'open'], '--only belongs to runtime'],
    [['tea'], 'there is no bench tea'],
    [['tokens', '--profile'], 'tokens and --profile exclude each other'],
  ])('refuses %j', (args, why) => expect(() => parseOptions(args)).toThrow(why));
});
