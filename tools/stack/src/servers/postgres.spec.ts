import { resolve } from 'node:path';
import { readSettingsFile } from './postgres.ts';

describe('infra/postgres/postgresql.conf', () => {
  const settings = readSettingsFile(resolve(import.meta.dirname, '../../../../infra/postgres/postgresql.conf'));

  it('keeps every commit on disk', () => {
    expect(settings).toMatchObject({ fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' });
  });

  it('is read without quotes and comments', () => {
    expect(settings['log_line_prefix']).toBe('%m [%p] %u@%d ');
    expect(settings['max_connections']).toBe('300');
  });
});
