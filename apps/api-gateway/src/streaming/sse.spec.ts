import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '@holdfast/contracts/errors';
import { readPatiently } from './patient-read';
import { sseFrame, withFiller } from './sse';

async function collect(source: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const text of source) all.push(text);
  return all;
}

const never = new AbortController().signal;

describe('Server-Sent Events', () => {
  it('keep line breaks inside of one data line', () => {
    expect(sseFrame({ id: '1.2', event: 'values', data: { text: 'a\r\nb\n' } })).toBe('id: 1.2\nevent: values\ndata: {"text":"a\\r\\nb\\n"}\n\n');
  });

  it('are kept alive while the source is silent', async () => {
    async function* source(): AsyncGenerator<string, void, undefined> {
      yield 'a';
      await sleep(70);
      yield 'b';
    }
    const got: string[] = [];
    for await (const text of withFiller(source(), '.', 20)) got.push(text);
    expect(got[0]).toBe('a');
    expect(got.at(-1)).toBe('b');
    expect(got.filter((text) => text === '.').length).toBeGreaterThanOrEqual(2);
  });

  it('end their source when the viewer leaves', async () => {
    let ended = false;
    async function* source(): AsyncGenerator<string, void, undefined> {
      try {
        for (;;) yield 'a';
      } finally {
        ended = true;
      }
    }
    for await (const text of withFiller(source(), '.', 1_000)) if (text === 'a') break;
    await sleep(1);
    expect(ended).toBe(true);
  });

  it('pass the failure of their source on', async () => {
    async function* source(): AsyncGenerator<string, void, undefined> {
      yield 'a';
      throw new Error('boom');
    }
    await expect(collect(withFiller(source(), '.', 1_000))).rejects.toThrow('boom');
  });
});

describe('reading with patience', () => {
  it('outlasts an outage', async () => {
    let left = 3;
    const read = (): Promise<string> => (left-- > 0 ? Promise.reject(new HoldfastError('DEPENDENCY_UNAVAILABLE', 'away')) : Promise.resolve('there'));
    expect(await readPatiently(read, never)).toBe('there');
  });

  it('gives up on what no waiting can mend', async () => {
    await expect(readPatiently(() => Promise.reject(new HoldfastError('INTERNAL', 'bug')), never)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('ends with the signal', async () => {
    const ending = AbortSignal.timeout(30);
    expect(await readPatiently(() => Promise.reject(new HoldfastError('DEPENDENCY_UNAVAILABLE', 'away')), ending)).toBeUndefined();
  });
});
