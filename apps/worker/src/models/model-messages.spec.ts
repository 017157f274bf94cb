import { AIMessageChunk } from '@langchain/core/messages';
import { messageSchema, type MessageDto } from '@holdfast/contracts/messages';
import { fromLangChain, toLangChain } from './model-messages';

describe('messages at the border to LangChain', () => {
  it('goes there and back for every kind', () => {
    const flat: MessageDto[] = [
      { type: 'system', content: 'Be kind.' },
      { type: 'human', content: [{ type: 'text', text: 'Hi' }], id: 'h' },
      { type: 'ai', content: '', id: 'a', tool_calls: [{ id: 'c1', name: 'f', args: { x: 1 }, type: 'tool_call' }] },
      { type: 'tool', content: 'done', tool_call_id: 'c1', status: 'error', name: 'f' },
    ];
    expect(flat.map(toLangChain).map((m) => m.getType())).toEqual(['system', 'human', 'ai', 'tool']);
    expect(toLangChain(flat[3] ?? flat[0]!)).toMatchObject({ tool_call_id: 'c1', status: 'error', content: 'done' });
    expect(toLangChain(flat[2] ?? flat[0]!)).toMatchObject({ tool_calls: [{ id: 'c1', name: 'f', args: { x: 1 } }] });
  });

  it('reads text, tool calls, usage and model from a streamed answer', () => {
    const whole = new AIMessageChunk({
      content: 'Look',
      tool_call_chunks: [{ index: 0, id: 'c1', name: 'f', args: '{"x":1}', type: 'tool_call_chunk' }],
      response_metadata: { model_name: 'm-1', finish_reason: 'tool_calls', usage: { anything: 1 } },
      usage_metadata: { input_tokens: 7, output_tokens: 2, total_tokens: 9 },
    });
    const { message, usage, model } = fromLangChain(whole, 'run-r-0');
    expect(messageSchema.parse(message)).toEqual(message);
    expect(message).toMatchObject({ id: 'run-r-0', content: 'Look', tool_calls: [{ id: 'c1', name: 'f', args: { x: 1 } }] });
    expect(message.response_metadata).toEqual({ model_name: 'm-1', finish_reason: 'tool_calls' });
    expect(usage).toEqual({ input_tokens: 7, output_tokens: 2, total_tokens: 9 });
    expect(model).toBe('m-1');
  });

  it('gives tool calls without an id one of the message', () => {
    const whole = new AIMessageChunk({ content: '', tool_calls: [{ name: 'f', args: {} }, { name: 'g', args: {}, id: '' }] });
    expect(fromLangChain(whole, 'run-r-4').message.tool_calls?.map((c) => c.id)).toEqual(['run-r-4-0', 'run-r-4-1']);
  });

  it.each(['{"x":', '[1]', 'no'])('refuses a tool call with the arguments %s', (args) => {
    const broken = new AIMessageChunk({ content: '', tool_call_chunks: [{ index: 0, id: 'c', name: 'f', args, type: 'tool_call_chunk' }] });
    const read = (): unknown => fromLangChain(broken, 'm');
    expect(read).toThrow(expect.objectContaining({ code: 'MODEL_MALFORMED_REPLY', retryable: true }));
  });

  it('survives usage that is no count', () => {
    const whole = new AIMessageChunk({ content: 'x', usage_metadata: { input_tokens: Number.NaN, output_tokens: -1, total_tokens: 0.5 } });
    expect(fromLangChain(whole, 'm').usage).toEqual({ input_tokens: 0, output_tokens: 0, total_tokens: 0 });
  });
});
