import { INLINE_LIMIT_BYTES } from '@holdfast/contracts';
import type { MessageDto } from '@holdfast/contracts/messages';
import { systemContext } from '@holdfast/tenant-context';
import { type BlobStore, sha256Hex, withReferences } from '../blobs/blob-texts';
import { ListedMessages } from './listed-messages';

const ALICE = systemContext('01900000-0000-7000-8000-00000000000a', 'test', 'r');
const BOB = systemContext('01900000-0000-7000-8000-00000000000b', 'test', 'r');
const THREAD = { threadId: '01900000-0000-7000-8000-00000000000c' };
const LONG = 'word '.repeat(INLINE_LIMIT_BYTES);

/** Texts of one tenant, and how often they were read. */
class Texts implements BlobStore {
  readonly reads: string[][] = [];
  readonly #texts = new Map<string, string>();

  load: BlobStore['load'] = async (ctx, hashes) => {
    this.reads.push([...hashes]);
    return new Map(hashes.flatMap((hash) => (ctx === ALICE && this.#texts.has(hash) ? [[hash, this.#texts.get(hash)!] as const] : [])));
  };
  save: BlobStore['save'] = async (_ctx, _use, blobs) => blobs.forEach(({ hash, body }) => this.#texts.set(hash, body));

  /** Stores a list of messages as the runtime does. */
  async list(messages: readonly MessageDto[], at: number): Promise<{ $list: string; count: number; at: number }> {
    const body = JSON.stringify(messages);
    const hash = `sha256:${sha256Hex(body)}`;
    await this.save(ALICE, { ownerId: THREAD.threadId }, [{ hash, bytes: body.length, body }]);
    return { $list: hash, count: messages.length, at };
  }
}

const say = (...texts: string[]): MessageDto[] => texts.map((content) => ({ type: 'human', content }));

describe('messages of a call by reference', () => {
  it('come to their places, with the long texts of both kinds', async () => {
    const store = new Texts();
    const [long] = await withReferences(store, ALICE, THREAD, say(LONG));
    const lists = [await store.list(say('a', 'b'), 0), await store.list([long!, ...say('c')], 1), await store.list(say('d'), 1)];
    const whole = await new ListedMessages(store).whole(ALICE, { messages: [long!, ...say('e')], lists });
    expect(whole).toEqual(say('a', 'b', LONG, LONG, 'c', 'd', 'e'));
  });

  it('are read once; a tenant does not get those of another', async () => {
    const store = new Texts();
    const lists = [await store.list(say('a'), 0)];
    const listed = new ListedMessages(store);
    for (let i = 0; i < 3; i += 1) expect(await listed.whole(ALICE, { messages: say('b'), lists })).toEqual(say('a', 'b'));
    expect(store.reads).toEqual([[lists[0]!.$list]]);
    await expect(listed.whole(BOB, { messages: [], lists })).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
