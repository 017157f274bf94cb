import { AIMessage, type BaseMessage, HumanMessage, SystemMessage } from '@langchain/core/messages';
import type { MessageDto } from '@holdfast/contracts/messages';
import { toMessageDto } from '../../graph/messages';
import { StateSerializer } from '../state-serializer';
import { AskedMessages } from './asked-messages';

const someMessages = (count: number): BaseMessage[] =>
  Array.from({ length: count }, (_, i) => (i % 2 === 0 ? new HumanMessage({ id: `m${i}`, content: `message ${i}` }) : new AIMessage({ id: `m${i}`, content: `answer ${i}` })));

/** Lists of an execution that has stored these messages, or is about to. */
function listsOf(messages: readonly BaseMessage[], isStored = true): StateSerializer['lists'] {
  const { lists } = new StateSerializer();
  lists.shown({ messages });
  lists.takeTexts();
  if (isStored) lists.takeTexts();
  return lists;
}

/** What an execution says of a call: its own messages, places of lists, digests. */
function said(asked: AskedMessages, messages: readonly BaseMessage[]): { own: MessageDto[]; places: number[]; digests: string[] } {
  const { messages: left, lists } = asked.abridge(messages);
  const own = left.map(toMessageDto);
  return { own, places: lists.map(({ at }) => at), digests: asked.digestsOf(own, lists) };
}

describe('messages that a model is asked', () => {
  it('are references as far as they are parts of stored lists, wherever those stand', () => {
    const messages = someMessages(100);
    const system = new SystemMessage('Be short.');
    const asked = new AskedMessages(listsOf(messages));
    const whole = said(asked, [system, ...messages]);
    expect([whole.own.length, whole.places]).toEqual([5, [1, 1, 1]]);
    const cut = said(asked, [system, ...messages.slice(40)]);
    expect([cut.own.length, cut.places]).toEqual([1 + 24 + 4, [25]]);
    expect(cut.digests).toEqual([whole.digests[0], ...whole.digests.slice(41)]);
  });

  it('have the same digests in an execution that knows other parts, or none, and gave them other ids', () => {
    const messages = someMessages(100);
    const { digests } = said(new AskedMessages(listsOf(messages)), messages);
    expect(digests).toHaveLength(100);
    expect(new Set(digests).size).toBe(100);
    expect(said(new AskedMessages(listsOf([])), messages).digests).toEqual(digests);
    expect(said(new AskedMessages(listsOf(messages.slice(0, 40))), messages).digests).toEqual(digests);
    for (const message of messages) message.id = `other-${message.id}`;
    expect(said(new AskedMessages(listsOf([])), messages).digests).toEqual(digests);
  });

  it('are not referred to before they are stored, nor when one was changed since', () => {
    const messages = someMessages(64);
    expect(said(new AskedMessages(listsOf(messages, false)), messages).places).toEqual([]);
    const asked = new AskedMessages(listsOf(messages));
    const before = said(asked, messages);
    messages[40]!.content = 'changed';
    const after = said(asked, messages);
    expect([before.places, after.places]).toEqual([[0, 0], [0]]);
    expect(after.digests.map((digest, i) => digest === before.digests[i]).indexOf(false)).toBe(40);
  });

  it('are counted by what they take', () => {
    const messages = someMessages(64);
    const asked = new AskedMessages(listsOf(messages));
    const { lists } = asked.abridge(messages);
    const texts = messages.map((message) => JSON.stringify(toMessageDto(message)).length);
    const most = texts.reduce((sum, length) => sum + length, 0);
    expect(asked.sizeOf(lists)).toBeLessThan(most);
    expect(asked.sizeOf(lists)).toBeGreaterThan(most / 2);
  });
});
