import { asOwner, ScratchDatabase, script } from './support';

let scratch: ScratchDatabase;

beforeAll(async () => {
  scratch = await ScratchDatabase.create();
}, 60_000);
afterAll(() => scratch.drop());

/** Exit code of Prisma's comparison of the database with schema.prisma: 0 equal, 2 different. */
async function drift(): Promise<number> {
  try {
    const { stdout } = await script(
      'node_modules/prisma/build/index.js',
      ['migrate', 'diff', '--from-config-datasource', '--to-schema', 'prisma/schema.prisma', '--exit-code'],
      scratch.url('OWNER'),
    );
    // An engine that falls silent must not count as "equal".
    expect(stdout).toContain('No difference detected');
    return 0;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== 'number' || code === 1) throw error;
    return code;
  }
}

describe('migrations', () => {
  it('make the schema that schema.prisma describes, and a difference is noticed', async () => {
    expect(await drift()).toBe(0);
    await asOwner((owner) => owner.query('ALTER TABLE executions.runs ADD COLUMN forgotten text'), (role) => scratch.url(role));
    expect(await drift()).toBe(2);
    await asOwner((owner) => owner.query('ALTER TABLE executions.runs DROP COLUMN forgotten'), (role) => scratch.url(role));
  }, 60_000);

  it('run once, also when three deploys start together', async () => {
    const outputs = await Promise.all([scratch.migrate(), scratch.migrate(), scratch.migrate()]);
    for (const output of outputs) expect(output).toContain('database is up to date');
    const fresh = await asOwner(
      (owner) => owner.query(`SELECT migration_name, finished_at IS NOT NULL AS finished FROM _prisma_migrations ORDER BY 1`),
      (role) => scratch.url(role),
    );
    expect(fresh.rows.length).toBeGreaterThanOrEqual(2);
    for (const row of fresh.rows) expect(row).toMatchObject({ finished: true });
  }, 60_000);

  it('leave every index and function that they name usable by the planner', async () => {
    const invalid = await asOwner(
      (owner) => owner.query(`SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid`),
      (role) => scratch.url(role),
    );
    expect(invalid.rows).toEqual([]);
  });
});
