import { systemContext } from '@holdfast/tenant-context';
import type { BlobStore } from './blob-texts';
import { listTexts, storedLists } from './list-texts';

const CTX = systemContext('01900000-0000-7000-8000-00000000000a', 'test', 'r');
const storeOf = (texts: Record<string, string>): BlobStore => ({ load: async () => new Map(Object.entries(texts)), save: async () => undefined });
const saved = '{"v":2,"run":null,"lists":["sha256:a","sha256:b"]}\n{"entries":[]}';

describe('listTexts', () => {
  it('gives the texts of the lists that a state names', async () => {
    expect(await listTexts(storeOf({ 'sha256:a': '[1]', 'sha256:b': '[2]' }), CTX, saved)).toEqual({ lists: { 'sha256:a': '[1]', 'sha256:b': '[2]' } });
    expect(await listTexts(storeOf({}), CTX, '{"v":1,"run":null}\n{}')).toEqual({});
    expect(await listTexts(storeOf({}), CTX, null)).toEqual({});
  });

  it('fails, and says which, when one is lost', async () => {
    await expect(listTexts(storeOf({ 'sha256:a': '[1]' }), CTX, saved)).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('sha256:b') });
  });
});

it('a commit must find stored what its newest checkpoint names and it does not bring itself', () => {
  const empty = { values: {}, next: [], tasks: [], metadata: {} };
  const checkpoint = { checkpointId: 'c', parentCheckpointId: null, step: 1, source: 'loop' as const, ...empty, saved };
  const before = { ...checkpoint, saved: '{"v":2,"run":null,"lists":["sha256:old"]}\n{}' };
  expect(storedLists({ checkpoints: [before, checkpoint], texts: [{ hash: 'sha256:b', bytes: 3, body: '[2]' }] })).toEqual(['sha256:a']);
  expect(storedLists({ checkpoints: [checkpoint] })).toEqual(['sha256:a', 'sha256:b']);
  expect(storedLists({ checkpoints: [] })).toEqual([]);
});
