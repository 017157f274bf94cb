import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildRecordedError, addBuild, readBuild, readBuilds, readHistories } from './corpus';
import { type RecordedHistory, readHistoryFiles } from './history-files';

/** The build of which there is only one history. */
const SMALL = fileURLToPath(new URL('../../histories/0.1.0-6c031d5cc160', import.meta.url));
let corpus: string;
let real: RecordedHistory;
beforeAll(async () => void (real = (await readHistoryFiles(SMALL))[0]!));
beforeEach(() => void (corpus = mkdtempSync(join(tmpdir(), 'holdfast-corpus-'))));
afterEach(() => rmSync(corpus, { recursive: true, force: true }));

const build = (digit: string, day: number) => ({ version: '1.2.3', buildId: digit.repeat(64), recordedAt: `2026-01-0${day}T00:00:00Z` });
const history = (name: string, workflowId: string): RecordedHistory => ({ ...real, name, workflowId });

describe('a corpus of histories', () => {
  it('gives back what was added, oldest build first, each under its build', async () => {
    await addBuild(corpus, build('a', 2), [history('one', 'w1'), history('two', 'w2')]);
    await addBuild(corpus, build('f', 1), [history('one', 'w3')]);
    expect((await readBuilds(corpus)).map(({ buildId }) => buildId[0])).toEqual(['f', 'a']);
    expect((await readHistories(corpus)).map(({ name, workflowId }) => [name, workflowId])).toEqual([
      ['1.2.3-ffffffffffff/one', 'w3'],
      ['1.2.3-aaaaaaaaaaaa/one', 'w1'],
      ['1.2.3-aaaaaaaaaaaa/two', 'w2'],
    ]);
    expect(await readBuild(corpus, build('f', 1))).toMatchObject([{ workflowId: 'w3', history: real.history }]);
  });

  it('refuses a build that it has, and keeps what is there', async () => {
    await addBuild(corpus, build('a', 1), [history('one', 'w1')]);
    await expect(addBuild(corpus, build('a', 2), [history('other', 'w2')])).rejects.toThrow(BuildRecordedError);
    expect((await readHistories(corpus)).map(({ workflowId }) => workflowId)).toEqual(['w1']);
    expect(await readBuilds(corpus)).toEqual([build('a', 1)]);
  });

  it('holds nothing of a build that could not be added whole', async () => {
    await expect(addBuild(corpus, build('a', 1), [history('one', 'w1'), history('one', 'w2')])).rejects.toMatchObject({ code: 'EEXIST' });
    expect([await readBuilds(corpus), readdirSync(corpus).filter((name) => !name.startsWith('.'))]).toEqual([[], []]);
    await addBuild(corpus, build('a', 1), [history('one', 'w1')]);
    expect(await readHistories(corpus)).toHaveLength(1);
  });
});
