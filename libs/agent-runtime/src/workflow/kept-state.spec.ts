import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages';
import { KeptState, MOST_KEPT_BYTES } from './kept-state';
import { StateSerializer } from './state-serializer';

const aMessage = (i: number): BaseMessage => (i % 2 === 0 ? new HumanMessage({ id: `m${i}`, content: `message ${i}` }) : new AIMessage({ id: `m${i}`, content: `answer ${i}` }));
const someMessages = (count: number): BaseMessage[] => Array.from({ length: count }, (_, i) => aMessage(i));

interface Left {
  readonly kept: KeptState;
  readonly text: string;
  readonly messages: BaseMessage[];
}

/** What is left of a run that began with these messages, after it added others; text of its last state. */
async function leftBy(before: readonly BaseMessage[], added: readonly BaseMessage[] = [], after = (_messages: BaseMessage[]): unknown => undefined): Promise<Left> {
  const [earlier, serializer, kept] = [new StateSerializer(), new StateSerializer(), new KeptState()];
  const text = earlier.stringify({ messages: before }, new Set());
  const texts = Object.fromEntries(earlier.lists.takeTexts().map(({ hash, body }) => [hash, body]));
  const { messages } = (await serializer.parse(text, texts)) as { messages: BaseMessage[] };
  messages.push(...added);
  const last = serializer.stringify({ messages }, new Set());
  after(messages);
  kept.keep(serializer.lists);
  return { kept, text: last, messages };
}

describe('what a workflow keeps of a thread', () => {
  it('is the next state without texts of what it began with: the same messages, known to be stored', async () => {
    const { kept, text, messages } = await leftBy(someMessages(100));
    expect(Object.keys(kept.told!.parts)).toHaveLength(3);
    const next = new StateSerializer();
    const read = (await next.parse(text, {}, kept.take())) as { messages: BaseMessage[] };
    expect(read.messages).toEqual(messages);
    expect(read.messages.map((message, i) => message === messages[i]).lastIndexOf(true)).toBe(95);
    next.stringify({ messages: [...read.messages, aMessage(100)] }, new Set());
    expect(next.lists.takeTexts()).toEqual([]);
  });

  it('is nothing that the run has made: a replay might make it otherwise', async () => {
    const { kept } = await leftBy(someMessages(70), someMessages(100).slice(70));
    expect(Object.keys(kept.told!.parts)).toHaveLength(2);
  });

  it('is taken once', async () => {
    const { kept } = await leftBy(someMessages(100));
    kept.take();
    expect([kept.told, kept.take().size]).toEqual([undefined, 0]);
  });

  it('leaves out parts in which a message was changed, and what would be too much', async () => {
    const { kept } = await leftBy(someMessages(96), [], (messages) => (messages[40]!.content = 'changed'));
    expect(Object.keys(kept.told!.parts)).toHaveLength(2);
    const large = Array.from({ length: 64 }, (_, i) => new HumanMessage({ id: `m${i}`, content: 'x'.repeat(MOST_KEPT_BYTES / 50) }));
    expect(Object.keys((await leftBy(large)).kept.told!.parts)).toHaveLength(1);
  });

  it('is nothing of a short conversation', async () => {
    expect((await leftBy(someMessages(31))).kept.told).toBeUndefined();
  });
});
