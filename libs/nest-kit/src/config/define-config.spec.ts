import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { defineConfig, parseConfig } from './define-config';

const schema = z.object({
  PORT: z.coerce.number().int().default(8083),
  DATABASE_URL: z.url({ protocol: /^postgresql$/, error: 'must be a postgresql:// URL' }),
  API_SECRET: z.string().min(8, 'must have at least 8 characters'),
});

describe('defineConfig', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
  const file = join(folder, 'secret');
  writeFileSync(file, 'from-a-file\n');
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads variables and secret files, applies defaults, and freezes the result', () => {
    const config = defineConfig(schema, { DATABASE_URL: 'postgresql://h/d', API_SECRET_FILE: file, OTHER: 'x' });
    expect(config).toEqual({ PORT: 8083, DATABASE_URL: 'postgresql://h/d', API_SECRET: 'from-a-file' });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes an empty variable for an absent one', () => {
    const result = parseConfig(schema, { PORT: '', DATABASE_URL: '', API_SECRET: 'long enough' });
    expect(result).toEqual({ ok: false, problems: [{ variable: 'DATABASE_URL', message: 'is missing' }] });
  });

  it('prints every problem at once, without values, and exits with 1', () => {
    const printed: string[] = [];
    const exit = (code: number): never => {
      throw new Error(`exit ${code}`);
    };
    const env = { PORT: 'many', DATABASE_URL: 'http://s3cret', API_SECRET_FILE: join(folder, 'absent') };
    expect(() => defineConfig(schema, env, { print: (text) => printed.push(text), exit })).toThrow('exit 1');
    const text = printed.join('\n');
    expect(text).toContain('3 problem(s)');
    expect(text).toMatch(/PORT: .*number/);
    expect(text).toContain('DATABASE_URL: must be a postgresql:// URL');
    expect(text).toContain('API_SECRET: API_SECRET_FILE cannot be read (ENOENT)');
    expect(text).not.toContain('s3cret');
  });

  it('refuses a secret that is given twice', () => {
    const result = parseConfig(schema, { DATABASE_URL: 'postgresql://h/d', API_SECRET: 'long enough', API_SECRET_FILE: file });
    expect(result).toMatchObject({ ok: false, problems: [{ variable: 'API_SECRET', message: expect.stringContaining('twice') }] });
  });
});
