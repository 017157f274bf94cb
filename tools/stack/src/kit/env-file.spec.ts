import { formatEnvFile, parseEnvFile } from './env-file.ts';

describe('env files', () => {
  it('are read back as they were written', () => {
    const variables = { HOLDFAST_URL: 'http://127.0.0.1:8083', HOLDFAST_API_KEY: 'hf_1_a=b#c' };
    expect(parseEnvFile(formatEnvFile(variables))).toEqual(variables);
  });

  it('refuse values a shell would read differently', () => {
    for (const value of ['a b', 'a\nb', '$HOME', "it's", 'a`b`', 'a\\b']) {
      expect(() => formatEnvFile({ A: value })).toThrow('need quoting');
    }
    expect(() => formatEnvFile({ 'A B': 'x' })).toThrow('not a variable name');
  });

  it('leave out what is no assignment', () => {
    expect(parseEnvFile('# comment\n\nexport A=1\nB = 2\nC=3')).toEqual({ A: '1', C: '3' });
  });
});
