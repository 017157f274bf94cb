import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { asOwner, ScratchDatabase, script } from './support';

const FOLDER = join(import.meta.dirname, '../sql/functions');
const files = new Map(readdirSync(FOLDER).map((file) => [file.replace(/\.sql$/, ''), readFileSync(join(FOLDER, file), 'utf8')]));

/** Every function of ours with its whole text, as the server has it. */
async function functionsOf(owner: pg.Client): Promise<{ name: string; signature: string; text: string }[]> {
  const { rows } = await owner.query<{ name: string; signature: string; text: string }>(
    `SELECT p.proname AS name, p.oid::regprocedure::text AS signature, pg_get_functiondef(p.oid) AS text
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('executions', 'tools', 'events') ORDER BY 2`,
  );
  return rows;
}

describe('sql/functions', () => {
  it('holds what the migrations make: each function once, to the letter', async () => {
    const scratch = await ScratchDatabase.create();
    try {
      await asOwner(async (owner) => {
        const migrated = await functionsOf(owner);
        expect(migrated.map(({ name }) => name).sort()).toEqual([...files.keys()].sort());
        await owner.query('BEGIN');
        for (const text of files.values()) await owner.query(text);
        expect(await functionsOf(owner)).toEqual(migrated);
        await owner.query('ROLLBACK');
      }, (role) => scratch.url(role));
    } finally {
      await scratch.drop();
    }
  }, 60_000);

  it.each([...files])('%s is named as its file, replaces itself, and says what it is for', (name, text) => {
    expect(text).toMatch(/^-- \S/);
    expect([...text.matchAll(/^CREATE .*FUNCTION \w+\.(\w+)\(/gm)].map(([, made]) => made)).toEqual([name]);
    expect(text).toMatch(/^CREATE OR REPLACE FUNCTION /m);
  });

  it('is what migrations are assembled from', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-migration-'));
    const file = join(folder, 'migration.sql');
    try {
      writeFileSync(file, '-- Why.\n');
      await script('libs/persistence/scripts/append-functions.ts', [folder, 'blob_lock', 'event_lock'], '');
      expect(readFileSync(file, 'utf8')).toBe(`-- Why.\n\n${files.get('blob_lock')}\n${files.get('event_lock')}`);
      await expect(script('libs/persistence/scripts/append-functions.ts', [folder, 'event_lock', 'no_such'], '')).rejects.toMatchObject({ code: 1 });
      expect(readFileSync(file, 'utf8').match(/event_lock\(p_tenant/g)).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
