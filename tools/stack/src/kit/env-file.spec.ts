import { execFileSync } from 'node:child_process';
import { formatEnvFile, formatExports, parseEnvFile } from './env-file.ts';

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

describe('exports', () => {
  it('reach a child of the shell that evaluates them unchanged', () => {
    const variables = { ROOT: '/home/me/my code', QUOTED: `it's "so" $HOME \`x\` \\ ;& *`, LINES: 'a\nb', EMPTY: '' };
    const script = 'eval "$1" && exec "$0" -p "JSON.stringify(process.env)"';
    const seen = JSON.parse(execFileSync('/bin/sh', ['-c', script, process.execPath, formatExports(variables)], { env: {}, encoding: 'utf8' })) as unknown;
    expect(seen).toMatchObject(variables);
  });
});
