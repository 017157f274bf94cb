import { jest } from '@jest/globals';
import type { TokenChunk } from '@holdfast/contracts/messages';
import { COALESCE_MS, TokenWriter } from './token-writer';

const SOURCE = { tenantId: 't', runId: 'r', call: 3, attempt: 2, messageId: 'm', node: 'execute', ns: ['sub:1'] };

describe('TokenWriter', () => {
  let sent: TokenChunk[];
  let writer: TokenWriter;
  beforeEach(() => {
    jest.useFakeTimers();
    sent = [];
    writer = new TokenWriter({ publish: (_run, chunk) => void sent.push(chunk) }, SOURCE);
  });
  afterEach(() => jest.useRealTimers());

  it('sends the first token at once and joins those that follow within 20 ms', () => {
    writer.write('Hel');
    expect(sent.map((c) => c.text)).toEqual(['Hel']);
    writer.write('lo ');
    writer.write('there');
    jest.advanceTimersByTime(COALESCE_MS - 1);
    expect(sent).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(sent.map((c) => [c.offset, c.text])).toEqual([[0, 'Hel'], [3, 'lo there']]);
  });

  it('counts offsets in UTF-16 units', () => {
    writer.write('a😀');
    writer.write('b');
    writer.finish([], undefined);
    expect(sent.map((c) => [c.offset, c.text])).toEqual([[0, 'a😀'], [3, 'b'], [4, '']]);
  });

  it('ends with the rest, the tool calls and the usage', () => {
    writer.write('x');
    writer.write('y');
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    writer.finish([{ id: 'c', name: 'n', args: {} }], usage);
    expect(sent.at(-1)).toEqual({
      call: 3, attempt: 2, messageId: 'm', node: 'execute', ns: ['sub:1'], offset: 2, text: '', last: true,
      tool_calls: [{ id: 'c', name: 'n', args: {} }], usage,
    });
    jest.runAllTimers();
    expect(sent).toHaveLength(3);
  });

  it('marks the end of a message without text', () => {
    writer.finish([], undefined);
    expect(sent).toEqual([expect.objectContaining({ offset: 0, text: '', last: true })]);
  });

  it('sends nothing more after a failed attempt', () => {
    writer.write('x');
    writer.write('y');
    writer.discard();
    jest.runAllTimers();
    expect(sent).toHaveLength(1);
  });
});
