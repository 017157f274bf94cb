import fc from 'fast-check';
import { MAX_CURSOR_CALLS, STREAM_START, decodeCursor, encodeCursor, hasSeen } from './cursor';

const natural = fc.integer({ min: 0, max: 999_999 });
/** By place, by content and by digests: see CallNaming of the runtime. */
const mark = fc.constantFrom('', 'h', 'g');
const callId = fc
  .tuple(mark, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), natural)
  .map(([begin, task, place]) => `${begin}${task.toString(16).padStart(16, '0').slice(begin.length)}-${place}`);
const call = fc.record({ call: callId, attempt: natural, sent: natural, ended: fc.boolean() });
const begun = fc.record({ call: callId, attempt: natural, sent: fc.constant(0), ended: fc.constant(false), begun: fc.constant(true) });
const ofSubAgent = call.map((own) => ({ ...own, call: `h123456789abcdef-0/${own.call}` }));
const cursors = fc.record(
  {
    seq: natural,
    item: natural,
    sub: fc.integer({ min: 1, max: 999_999 }),
    calls: fc.array(fc.oneof(call, ofSubAgent), { maxLength: MAX_CURSOR_CALLS }),
    told: fc.array(fc.oneof(call, begun), { minLength: 1, maxLength: MAX_CURSOR_CALLS }),
  },
  { requiredKeys: ['seq', 'item', 'calls'] },
);

describe('the stream cursor', () => {
  it('survives its text form', () => {
    fc.assert(fc.property(cursors, (cursor) => expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor)));
  });

  it('carries a bounded number of messages in flight, the newest', () => {
    const calls = Array.from({ length: MAX_CURSOR_CALLS + 5 }, (_, i) => ({ call: `${i % 2 === 0 ? '0' : 'h'}123456789abcdef-${i}`, attempt: 1, sent: 3, ended: true }));
    expect(decodeCursor(encodeCursor({ seq: 1, item: 2, calls }))?.calls).toEqual(calls.slice(5));
  });

  it.each(['-1', '-', ''])('takes %j for the start', (text) => expect(decodeCursor(text)).toEqual(STREAM_START));

  it.each(['abc', '1', '1.', '.1', '1.2~', '1.2~x', '1.2~1.1', '-5.1', '1.2~1.1:3', '1.2~0123456789abcdef-1.1:3,', '99999999999.1', '1.1\n', '1.1_', '1.1_x', '1.1!', '1.1~!'])('refuses %j', (text) =>
    expect(decodeCursor(text)).toBeUndefined(),
  );

  it('refuses whatever is not its own form, without ever throwing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const cursor = decodeCursor(text);
        if (cursor !== undefined && cursor !== STREAM_START) expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
      }),
    );
  });

  it('orders items by row, then by place in the row', () => {
    expect(hasSeen({ seq: 3, item: 2, calls: [] }, 2, 9)).toBe(true);
    expect(hasSeen({ seq: 3, item: 2, calls: [] }, 3, 2)).toBe(true);
    expect(hasSeen({ seq: 3, item: 2, calls: [] }, 3, 3)).toBe(false);
    expect(hasSeen(STREAM_START, 1, 1)).toBe(false);
    expect(hasSeen({ seq: 3, item: 2, sub: 1, calls: [] }, 3, 2, 1)).toBe(true);
    expect(hasSeen({ seq: 3, item: 2, sub: 1, calls: [] }, 3, 2, 2)).toBe(false);
    expect(hasSeen({ seq: 3, item: 2, calls: [] }, 3, 2, 1)).toBe(false);
    expect(hasSeen({ seq: 3, item: 2, sub: 9, calls: [] }, 3, 3)).toBe(false);
  });
});
