import { parseFrame, readSse, type SseFrame } from './sse.ts';

async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function framesOf(text: string, size: number): Promise<SseFrame[]> {
  const frames: SseFrame[] = [];
  for await (const frame of readSse(chunks(text, size))) frames.push(frame);
  return frames;
}

describe('readSse', () => {
  const text = ': ping\n\nevent: metadata\nid: 1.0\ndata: {"run_id":"r"}\n\nevent: messages\r\ndata: ["ü",\r\ndata: 2]\r\n\r\nevent: end\n\n';
  it.each([1, 2, 3, 7, 1_000])('reads the same frames from pieces of %i bytes', async (size) => {
    expect(await framesOf(text, size)).toEqual([
      { event: 'metadata', id: '1.0', data: { run_id: 'r' } },
      { event: 'messages', id: undefined, data: ['ü', 2] },
      { event: 'end', id: undefined, data: undefined },
    ]);
  });

  it('leaves out comments', () => expect(parseFrame(': heartbeat')).toBeUndefined());
});
