import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages';
import { createHash } from 'node:crypto';
import type { BeginRunGo } from '../api';
import { KeptState, MOST_KEPT_BYTES } from './kept-state';
import { StateSerializer } from './state-serializer';

class OwnMessage extends HumanMessage {}

const aMessage = (i: number): BaseMessage => (i % 2 === 0 ? new HumanMessage({ id: `m${i}`, content: `message ${i}` }) : new AIMessage({ id: `m${i}`, content: `answer ${i}` }));
const someMessages = (count: number): BaseMessage[] => Array.from({ length: count }, (_, i) => aMessage(i));
const begin = { kind: 'go', saved: null, keepsSaved: true } as BeginRunGo;

/** What is left of a run whose last state this was. */
function leftBy(messages: readonly BaseMessage[]): { kept: KeptState; text: string; named: Set<string> } {
  const [serializer, kept, named] = [new StateSerializer(), new KeptState(), new Set<string>()];
  const text = serializer.stringify({ messages }, named);
  kept.keep(serializer.lists, text);
  return { kept, text, named };
}

describe('what a workflow keeps of a thread', () => {
  it('is the next state without any text of it: the same messages, known to be stored', async () => {
    const messages = someMessages(100);
    const { kept, text, named } = leftBy(messages);
    expect(Object.keys(kept.told!.parts)).toEqual([...named]);
    expect(kept.told!.saved).toBe(createHash('sha256').update(text).digest('hex'));
    const taken = kept.take(begin);
    expect(taken.begin.saved).toBe(text);
    const next = new StateSerializer();
    const read = (await next.parse(taken.begin.saved!, {}, taken.kept)) as { messages: BaseMessage[] };
    expect(read.messages).toEqual(messages);
    expect(read.messages.map((message, i) => message === messages[i]).lastIndexOf(true)).toBe(95);
    next.stringify({ messages: [...read.messages, aMessage(100)] }, new Set());
    expect(next.lists.takeTexts()).toEqual([]);
  });

  it('is taken once', () => {
    const { kept } = leftBy(someMessages(100));
    kept.take(begin);
    expect(kept.told).toBeUndefined();
    expect(() => kept.take(begin)).toThrow('not here');
  });

  it('leaves out parts in which a message was changed since, or is of an own class, and what would be too much', () => {
    const messages = someMessages(96);
    messages[70] = new OwnMessage({ id: 'm70', content: 'own' });
    const [serializer, kept] = [new StateSerializer(), new KeptState()];
    const text = serializer.stringify({ messages }, new Set());
    messages[40]!.content = 'changed';
    kept.keep(serializer.lists, text);
    expect(Object.keys(kept.told!.parts)).toHaveLength(1);
    const large = Array.from({ length: 64 }, (_, i) => new HumanMessage({ id: `m${i}`, content: 'x'.repeat(MOST_KEPT_BYTES / 50) }));
    expect(Object.keys(leftBy(large).kept.told!.parts)).toHaveLength(1);
  });

  it('is nothing of a short conversation', () => {
    expect(leftBy(someMessages(31)).kept.told).toBeUndefined();
  });
});
