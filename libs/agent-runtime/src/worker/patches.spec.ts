import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { buildIdOf } from './build-bundle';

const require = createRequire(import.meta.url);
const stripErrors = require('./strip-errors.cjs') as (source: string) => string;
const errorsFile = require.resolve('@langchain/langgraph').replace(/index\.c?js$/, 'errors.js');

describe('patches of third-party code', () => {
  it('find what they patch in the installed LangGraph', () => {
    const stripped = stripErrors(readFileSync(errorsFile, 'utf8'));
    expect(stripped).not.toMatch(/Error\.stackTraceLimit = 0/);
    expect(stripped).toContain('Object.create(new.target.prototype)');
  });

  it('fail the build when it is gone', () => {
    expect(() => stripErrors('var EmptyChannelError = class {}')).toThrow(/review/);
  });
});

describe('build ids', () => {
  it('are the hash of the code, whatever the source map says', () => {
    const id = buildIdOf('code();\n//# sourceMappingURL=data:a');
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(buildIdOf('code();\n//# sourceMappingURL=data:b')).toBe(id);
    expect(buildIdOf('other();\n')).not.toBe(id);
  });
});
