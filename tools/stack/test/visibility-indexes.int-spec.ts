import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { dropUnusedIndexes } from '../src/servers/temporal.ts';

const url = process.env['DATABASE_URL_OWNER'] ?? '';
const schema = `visibility_${randomUUID().replaceAll('-', '')}`;
const owner = new pg.Client({ connectionString: url });

beforeAll(async () => {
  await owner.connect();
  await owner.query(`CREATE SCHEMA ${schema}`);
  await owner.query(`SET search_path TO ${schema}`);
});
afterAll(async () => {
  await owner.query(`DROP SCHEMA ${schema} CASCADE`);
  await owner.end();
});

it('drops the indexes of attributes that nobody writes, and no other', async () => {
  const kept = ['by_status', 'by_task_queue', 'by_temporal_worker_deployment_version', 'by_temporal_scheduled_by_id', 'by_keyword_of_ours'];
  const unused = ['by_keyword_01', 'by_text_03', 'by_keyword_list_02', 'by_temporal_bool_01', 'by_temporal_low_cardinality_keyword_01'];
  await owner.query('CREATE TABLE executions_visibility (a int)');
  await owner.query('CREATE TABLE another (a int)');
  for (const name of [...kept, ...unused]) await owner.query(`CREATE INDEX ${name} ON executions_visibility (a)`);
  await owner.query('CREATE INDEX by_int_01 ON another (a)');
  const here = new URL(url);
  here.searchParams.set('options', `-c search_path=${schema}`);
  for (let i = 0; i < 2; i += 1) await dropUnusedIndexes(here.href, join(import.meta.dirname, '../../..'));
  const { rows } = await owner.query<{ indexname: string }>('SELECT indexname FROM pg_indexes WHERE schemaname = $1', [schema]);
  expect(rows.map(({ indexname }) => indexname).sort()).toEqual([...kept, 'by_int_01'].sort());
});
