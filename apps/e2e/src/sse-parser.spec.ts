import { SseParser } from './sse-parser';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('SseParser', () => {
  const stream = ': heartbeat\n\nid: 1.1\nevent: metadata\ndata: {"run_id":"r"}\n\nid: 2.1\nevent: values\ndata: {"text":"näher 𝄞"}\n\n';

  it('gives the same events however the bytes are cut', () => {
    const whole = bytes(stream);
    const expected = [
      { id: '1.1', event: 'metadata', data: { run_id: 'r' } },
      { id: '2.1', event: 'values', data: { text: 'näher 𝄞' } },
    ];
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const parser = new SseParser();
      expect([...parser.push(whole.subarray(0, cut)), ...parser.push(whole.subarray(cut))]).toEqual(expected);
    }
  });

  it('does not count an event whose end has not come', () => {
    const parser = new SseParser();
    expect(parser.push(bytes('id: 1.1\nevent: values\ndata: {}\n'))).toEqual([]);
    expect(parser.isInsideEvent).toBe(true);
    expect(parser.push(bytes('\n'))).toHaveLength(1);
    expect(parser.isInsideEvent).toBe(false);
  });
});
