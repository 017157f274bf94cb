import { AIMessage, HumanMessage, ToolMessage, type BaseMessage } from '@langchain/core/messages';
import { readable } from './conversation';

const calling = (content: string, ...ids: string[]) => {
  const tool_calls = ids.map((id) => ({ id, name: 's__t', args: {}, type: 'tool_call' as const }));
  return new AIMessage({ id: `m${ids.join('')}`, name: 'n', content, tool_calls });
};
const result = (id: string, content = `of ${id}`) => new ToolMessage({ tool_call_id: id, content });
const callsOf = (message: BaseMessage) => ((message as AIMessage).tool_calls ?? []).map(({ id }) => id);
const shown = (messages: BaseMessage[]) => messages.map((message) => [message.getType(), message.text, ...callsOf(message)]);

describe('readable', () => {
  it('leaves a conversation in which every call has a result as it is', () => {
    const messages = [new HumanMessage('q'), calling('', 'a', 'b'), result('a'), result('b'), new AIMessage('done')];
    const read = readable(messages);
    expect(read).toHaveLength(messages.length);
    expect(read.every((message, i) => message === messages[i])).toBe(true);
  });

  it('leaves out calls without a result, and a message that said nothing else', () => {
    const read = readable([calling('', 'a'), new HumanMessage('something else'), calling('I look.', 'b'), calling('', 'c', 'd'), result('d')]);
    expect(shown(read)).toEqual([['human', 'something else'], ['ai', 'I look.'], ['ai', '', 'd'], ['tool', 'of d']]);
    expect(read[1]).toMatchObject({ id: 'mb', name: 'n' });
  });

  it('puts results behind their calls, in their order, and leaves out results without a call', () => {
    const read = readable([result('old'), calling('', 'a', 'b'), new HumanMessage('wait'), result('b'), result('a'), new AIMessage('done')]);
    expect(shown(read)).toEqual([['ai', '', 'a', 'b'], ['tool', 'of a'], ['tool', 'of b'], ['human', 'wait'], ['ai', 'done']]);
  });

  it('keeps calls apart whose ids are the same', () => {
    const [one, three] = [result('call_0', 'one'), result('call_0', 'three')];
    const read = readable([calling('', 'call_0'), one, calling('', 'call_0'), new HumanMessage('stop'), calling('', 'call_0'), three]);
    expect(shown(read)).toEqual([['ai', '', 'call_0'], ['tool', 'one'], ['human', 'stop'], ['ai', '', 'call_0'], ['tool', 'three']]);
  });
});
