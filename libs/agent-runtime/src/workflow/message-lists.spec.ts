import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages';
import { createHash } from 'node:crypto';
import { type StoredBlob, withLists } from '@holdfast/contracts/messages';
import { toApiForm } from '../graph';
import { PART_LENGTH } from './message-lists';
import { StateSerializer } from './state-serializer';

const aMessage = (i: number): BaseMessage => {
  const content = `message ${i} with ünïcode and some words 😀`;
  return i % 2 === 0 ? new HumanMessage({ id: `m${i}`, content }) : new AIMessage({ id: `m${i}`, content });
};
const someMessages = (count: number): BaseMessage[] => Array.from({ length: count }, (_, i) => aMessage(i));
const bodiesOf = (texts: readonly StoredBlob[]): Record<string, string> => Object.fromEntries(texts.map(({ hash, body }) => [hash, body]));

/** A state as it would be stored, and what would be stored with it. */
function stored(serializer: StateSerializer, messages: readonly BaseMessage[]): { text: string; named: Set<string>; shown: unknown; texts: StoredBlob[] } {
  const named = new Set<string>();
  const shown = serializer.lists.shown({ messages, other: 1 });
  const text = serializer.stringify({ messages }, named);
  return { text, named, shown, texts: serializer.lists.takeTexts() };
}

describe('long lists of messages', () => {
  it('are stored in parts, once, under the hashes of their texts; a turn adds its own messages only', () => {
    const serializer = new StateSerializer();
    const messages = someMessages(1_000);
    const first = stored(serializer, messages);
    expect(first.named.size).toBe(Math.floor(1_000 / PART_LENGTH));
    expect(first.texts).toHaveLength(2 * first.named.size);
    for (const { hash, bytes, body } of first.texts) {
      expect(hash).toBe(`sha256:${createHash('sha256').update(body).digest('hex')}`);
      expect(bytes).toBe(Buffer.byteLength(body));
    }
    const next = stored(serializer, [...messages, aMessage(1_000), aMessage(1_001)]);
    expect(next.texts).toEqual([]);
    expect(next.text.length).toBeLessThan(15_000);
    expect(JSON.stringify(next.shown).length).toBeLessThan(10_000);
  });

  it('come back as they were, and are known again to the execution that has loaded them', async () => {
    const messages = someMessages(100);
    const { text, shown, texts } = stored(new StateSerializer(), messages);
    const later = new StateSerializer();
    const read = (await later.parse(text, bodiesOf(texts))) as { messages: BaseMessage[] };
    expect(toApiForm(read.messages)).toEqual(toApiForm(messages));
    expect(read.messages[99]).toBeInstanceOf(AIMessage);
    expect(withLists(shown, new Map(Object.entries(bodiesOf(texts))))).toEqual({ messages: toApiForm(messages), other: 1 });
    const again = stored(later, [...read.messages, aMessage(100)]);
    expect(again.texts).toEqual([]);
    expect([...again.named]).toHaveLength(3);
  });

  it('stay whole when nobody is told of the parts, and when they are short', () => {
    const serializer = new StateSerializer();
    expect(serializer.stringify({ messages: someMessages(100) })).not.toContain('$list');
    expect(stored(serializer, someMessages(PART_LENGTH - 1)).texts).toEqual([]);
    expect(serializer.stringify({ list: Array.from({ length: 100 }, (_, i) => i) }, new Set())).not.toContain('$list');
  });

  it.each<[string, (messages: BaseMessage[]) => void]>([
    ['replaced', (messages) => (messages[40] = new HumanMessage({ id: 'm40', content: 'other' }))],
    ['changed in its place', (messages) => (messages[40]!.content = 'other')],
    ['changed within', (messages) => (messages[40]!.additional_kwargs['seen'] = true)],
  ])('store the part again of which a message was %s', async (_, change) => {
    const serializer = new StateSerializer();
    const messages = someMessages(100);
    const before = stored(serializer, messages);
    change(messages);
    const after = stored(serializer, messages);
    expect(after.texts).toHaveLength(2);
    const read = (await new StateSerializer().parse(after.text, bodiesOf([...before.texts, ...after.texts]))) as { messages: BaseMessage[] };
    expect(toApiForm(read.messages)).toEqual(toApiForm(messages));
  });

  it('are cut anew when the beginning goes, and nothing is lost', async () => {
    const serializer = new StateSerializer();
    const messages = someMessages(100);
    const before = stored(serializer, messages);
    const left = messages.slice(7);
    const after = stored(serializer, left);
    const read = (await new StateSerializer().parse(after.text, bodiesOf([...before.texts, ...after.texts]))) as { messages: BaseMessage[] };
    expect(toApiForm(read.messages)).toEqual(toApiForm(left));
  });

  it('leave a value alone that only looks like a part', async () => {
    const value = { list: [{ $list: `sha256:${'0'.repeat(64)}`, count: 1 }] };
    const serializer = new StateSerializer();
    expect(await serializer.parse(serializer.stringify(value, new Set()), {})).toEqual(value);
  });
});
