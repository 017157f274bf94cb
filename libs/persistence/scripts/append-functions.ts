// Appends the present text of functions (sql/functions/<name>.sql) to a migration that replaces them:
//   node libs/persistence/scripts/append-functions.ts <folder of the migration> <function>…
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [migration, ...names] = process.argv.slice(2);
if (migration === undefined || names.length === 0) throw new Error('usage: append-functions.ts <folder of the migration> <function>…');
const file = join(migration, 'migration.sql');
if (!existsSync(file)) throw new Error(`${file} is not there: prisma migrate dev --create-only makes it`);
// All are read before the first is written.
const texts = names.map((name) => readFileSync(join(import.meta.dirname, '../sql/functions', `${name}.sql`), 'utf8'));
appendFileSync(file, texts.map((text) => `\n${text}`).join(''));
