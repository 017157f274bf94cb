import { createHash } from 'node:crypto';
import { systemContext } from '@holdfast/tenant-context';
import { Hydrator } from './hydrator';

const ALICE = systemContext('01900000-0000-7000-8000-00000000000a', 'test', 'r');
const BOB = systemContext('01900000-0000-7000-8000-00000000000b', 'test', 'r');
const hashOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** Texts of one tenant, and how often they were read. */
function hydratorOf(...texts: string[]): { hydrator: Hydrator; reads: string[][] } {
  const reads: string[][] = [];
  const rows = new Map(texts.map((text) => [hashOf(text), text]));
  const getMany = async (ctx: object, hashes: readonly string[]): Promise<Map<string, string>> => {
    reads.push([...hashes]);
    return new Map(ctx === ALICE ? hashes.flatMap((hash) => (rows.has(hash) ? [[hash, rows.get(hash)!] as const] : [])) : []);
  };
  return { hydrator: new Hydrator({ getMany } as never), reads };
}

describe('Hydrator', () => {
  const long = 'a long text';
  const reference = { $blob: hashOf(long), bytes: 11, preview: 'a' };
  const plain = JSON.stringify([{ content: 'one' }, { content: 'two' }]);
  const referring = JSON.stringify([{ content: reference }]);
  const part = (text: string, count: number) => ({ $list: hashOf(text), count });

  it('puts back lists, and the texts that their items refer to', async () => {
    const { hydrator } = hydratorOf(long, plain, referring);
    const value = { messages: [part(plain, 2), part(referring, 1), { content: 'three' }] };
    const whole = { messages: [{ content: 'one' }, { content: 'two' }, { content: long }, { content: 'three' }] };
    for (let i = 0; i < 2; i += 1) expect(await hydrator.hydrate(ALICE, value)).toEqual(whole);
  });

  it('reads a list once, and never for another tenant', async () => {
    const { hydrator, reads } = hydratorOf(plain);
    const value = { messages: [part(plain, 2)] };
    for (let i = 0; i < 3; i += 1) expect((await hydrator.hydrate(ALICE, value)).messages).toHaveLength(2);
    expect(reads).toEqual([[hashOf(plain)]]);
    expect(await hydrator.hydrate(BOB, value)).toEqual(value);
  });

  it('leaves what is no list of the tenant', async () => {
    const { hydrator } = hydratorOf('{}');
    const value = { mine: [part('{}', 1), part('unknown', 1)] };
    expect(await hydrator.hydrate(ALICE, value)).toEqual(value);
  });
});
