import type { TokenChunk } from '@holdfast/contracts/messages';
import { TokenWriter } from './token-writer';

const SOURCE = { tenantId: 't', runId: 'r', call: 't-3', attempt: 2, messageId: 'm', node: 'execute', ns: ['sub:1'] };

describe('TokenWriter', () => {
  let sent: TokenChunk[];
  let abandoned: unknown[];
  let writer: TokenWriter;
  beforeEach(() => {
    sent = [];
    abandoned = [];
    const sink = { push: (_run: unknown, chunk: TokenChunk) => void sent.push(chunk), abandon: (...args: unknown[]) => void abandoned.push(args.slice(1)) };
    writer = new TokenWriter(sink, SOURCE);
  });

  it('counts offsets in UTF-16 units', () => {
    writer.write('a😀');
    writer.write('b');
    writer.finish([], undefined);
    expect(sent.map((c) => [c.offset, c.text])).toEqual([[0, 'a😀'], [3, 'b'], [4, '']]);
  });

  it('ends with the tool calls and the usage', () => {
    writer.write('xy');
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    writer.finish([{ id: 'c', name: 'n', args: {} }], usage);
    expect(sent.at(-1)).toEqual({
      call: 't-3', attempt: 2, messageId: 'm', node: 'execute', ns: ['sub:1'], offset: 2, text: '', last: true,
      tool_calls: [{ id: 'c', name: 'n', args: {} }], usage,
    });
  });

  it('knows when the first piece of text came', () => {
    let now = 1_000;
    writer = new TokenWriter({ push: () => undefined, abandon: () => undefined }, SOURCE, () => new Date(now));
    expect(writer.firstTokenAt).toBeUndefined();
    writer.write('x');
    now = 2_000;
    writer.write('y');
    expect(writer.firstTokenAt).toBe('1970-01-01T00:00:01.000Z');
  });

  it('marks the end of a message without text', () => {
    writer.finish([], undefined);
    expect(sent).toEqual([expect.objectContaining({ offset: 0, text: '', last: true })]);
  });

  it('names the attempt that it abandons', () => {
    writer.write('x');
    writer.abandon();
    expect(abandoned).toEqual([['t-3', 2]]);
    expect(sent).toHaveLength(1);
  });
});
