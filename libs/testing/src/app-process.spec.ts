import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppProcess } from './app-process';

describe('a process that has ended', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-app-process-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function aProcess(code: string): AppProcess {
    const file = join(folder, 'main.mjs');
    writeFileSync(file, code);
    return AppProcess.start(file);
  }

  it('is waited for no longer, and its last words are told', async () => {
    const app = aProcess(`console.log('{"msg":"reads its settings"}'); console.error('no DATABASE_URL'); process.exit(3);`);
    const words = /^the process ended with 3 before .*\n(.*\n)*no DATABASE_URL/;
    await expect(app.said('listens')).rejects.toThrow(words);
    await expect(app.url).rejects.toThrow(words);
    await expect(app.status('/livez')).rejects.toThrow(words);
    await app.said('reads its settings');
  }, 15_000);

  it('has said what it said before', async () => {
    const app = aProcess(`console.log('{"msg":"listens","url":"http://127.0.0.1:9"}');`);
    await app.said('listens');
    expect(await app.exit).toBe(0);
    expect(await app.url).toBe('http://127.0.0.1:9');
  });
});
