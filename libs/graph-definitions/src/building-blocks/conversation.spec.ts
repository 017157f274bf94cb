import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { readable } from './conversation';

const call = (id: string) => ({ id, name: 's__t', args: {}, type: 'tool_call' as const });
const result = (id: string) => new ToolMessage({ tool_call_id: id, content: 'r' });

describe('readable', () => {
  it('leaves a conversation in which every call has a result as it is', () => {
    const messages = [new HumanMessage('q'), new AIMessage({ content: '', tool_calls: [call('a'), call('b')] }), result('a'), result('b'), new AIMessage('done')];
    const read = readable(messages);
    expect(read).toHaveLength(messages.length);
    expect(read.every((message, i) => message === messages[i])).toBe(true);
  });

  it('leaves out calls without a result, and a message that said nothing else', () => {
    const read = readable([
      new AIMessage({ content: '', tool_calls: [call('a')] }),
      new HumanMessage('something else'),
      new AIMessage({ id: 'm', name: 'n', content: 'I look.', tool_calls: [call('b')] }),
      new AIMessage({ content: '', tool_calls: [call('c'), call('d')] }),
      result('d'),
    ]);
    expect(read.map((message) => [message.getType(), message.text, (message as AIMessage).tool_calls?.map(({ id }) => id)])).toEqual([
      ['human', 'something else', undefined],
      ['ai', 'I look.', []],
      ['ai', '', ['d']],
      ['tool', 'r', undefined],
    ]);
    expect(read[1]).toMatchObject({ id: 'm', name: 'n' });
  });
});
