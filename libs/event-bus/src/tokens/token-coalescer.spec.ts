import { jest } from '@jest/globals';
import type { TokenChunk } from '@holdfast/contracts/messages';
import { TokenCoalescer } from './token-coalescer';
import { TokenOrder } from './token-order';

const piece = (offset: number, text: string, more: Partial<TokenChunk> = {}): TokenChunk => ({
  call: '1',
  attempt: 1,
  messageId: 'run-1-1',
  node: 'plan',
  ns: [],
  offset,
  text,
  ...more,
});

describe('TokenCoalescer', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const make = (): { sent: TokenChunk[]; coalescer: TokenCoalescer } => {
    const sent: TokenChunk[] = [];
    return { sent, coalescer: new TokenCoalescer({ windowMs: 20, maxChars: 100, emit: (chunk) => sent.push(chunk) }) };
  };

  it('sends the first piece at once and joins the rest per window', () => {
    const { sent, coalescer } = make();
    coalescer.push(piece(0, 'a'));
    expect(sent).toEqual([piece(0, 'a')]);
    coalescer.push(piece(1, 'b'));
    coalescer.push(piece(2, 'c'));
    expect(sent).toHaveLength(1);
    jest.advanceTimersByTime(20);
    expect(sent[1]).toEqual(piece(1, 'bc'));
    coalescer.push(piece(3, 'd'));
    expect(sent).toHaveLength(2);
    jest.advanceTimersByTime(20);
    expect(sent[2]).toEqual(piece(3, 'd'));
    jest.advanceTimersByTime(20);
    coalescer.push(piece(4, 'e'));
    expect(sent[3]).toEqual(piece(4, 'e'));
  });

  it('sends the last piece with what is waiting, at once, and leaves no timer', () => {
    const { sent, coalescer } = make();
    coalescer.push(piece(0, 'a'));
    coalescer.push(piece(1, 'b'));
    coalescer.push(piece(2, '', { last: true, tool_calls: [] }));
    expect(sent[1]).toEqual(piece(1, 'b', { last: true, tool_calls: [] }));
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not wait with much text', () => {
    const { sent, coalescer } = make();
    coalescer.push(piece(0, 'a'));
    coalescer.push(piece(1, 'x'.repeat(100)));
    expect(sent).toHaveLength(2);
  });

  it('never joins pieces that do not adjoin', () => {
    const { sent, coalescer } = make();
    coalescer.push(piece(0, 'a'));
    coalescer.push(piece(1, 'b'));
    coalescer.push(piece(5, 'f'));
    coalescer.flush();
    expect(sent.map(({ offset, text }) => [offset, text])).toEqual([[0, 'a'], [1, 'b'], [5, 'f']]);
  });
});

describe('TokenOrder', () => {
  it('passes each piece of text once, whatever is repeated or overlaps', () => {
    const order = new TokenOrder();
    expect(order.judge(piece(0, 'abc'))).toEqual({ kind: 'next', chunk: piece(0, 'abc') });
    expect(order.judge(piece(0, 'abc')).kind).toBe('seen');
    expect(order.judge(piece(2, 'cde'))).toEqual({ kind: 'next', chunk: piece(3, 'de') });
    expect(order.judge(piece(9, 'z')).kind).toBe('gap');
    expect(order.judge(piece(5, '', { last: true }))).toEqual({ kind: 'next', chunk: piece(5, '', { last: true }) });
    expect(order.judge(piece(5, '', { last: true })).kind).toBe('seen');
  });

  it('keeps attempts and calls apart', () => {
    const order = new TokenOrder();
    order.judge(piece(0, 'abc'));
    expect(order.judge(piece(0, 'xyz', { attempt: 2 })).kind).toBe('next');
    expect(order.judge(piece(0, 'q', { call: '2' })).kind).toBe('next');
  });

  it('goes on behind a hole when told so', () => {
    const order = new TokenOrder();
    order.judge(piece(0, 'a'));
    order.skipTo(piece(4, 'e'));
    expect(order.judge(piece(4, 'e')).kind).toBe('next');
    expect(order.judge(piece(0, 'a')).kind).toBe('seen');
  });
});
