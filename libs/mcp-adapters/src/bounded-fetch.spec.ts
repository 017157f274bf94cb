import { boundedFetch, type Fetch } from './bounded-fetch';

function serving(chunks: readonly string[], headers: Record<string, string>): Fetch {
  return boundedFetch(100, async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
        controller.close();
      },
    });
    return new Response(body, { headers });
  });
}

const json = { 'content-type': 'application/json' };
const events = { 'content-type': 'text/event-stream; charset=utf-8' };
const read = async (fetch: Fetch): Promise<string> => (await fetch('http://x')).text();

it('passes what is within the limit, byte for byte', async () => {
  expect(await read(serving(['a'.repeat(60), 'b'.repeat(40)], json))).toBe('a'.repeat(60) + 'b'.repeat(40));
});

it('fails a body above the limit, however it is cut', async () => {
  await expect(read(serving(['a'.repeat(60), 'b'.repeat(41)], json))).rejects.toThrow();
  await expect(read(serving(['a'.repeat(101)], json))).rejects.toThrow();
});

it('counts what a packed body unpacks to, whatever length it declares', async () => {
  const packed = { ...json, 'content-encoding': 'gzip', 'content-length': '20' };
  await expect(read(serving(['a'.repeat(60), 'b'.repeat(41)], packed))).rejects.toThrow('larger than 100 bytes');
  expect(await read(serving(['a'.repeat(100)], packed))).toHaveLength(100);
});

it('counts an event stream per event: it may be endless, one event may not', async () => {
  const event = `data: ${'x'.repeat(60)}\n\n`;
  expect(await read(serving(Array.from({ length: 50 }, () => event), events))).toHaveLength(50 * event.length);
  expect(await read(serving(['data: x\r\n\r\n'.repeat(9), 'data: y\r\n\r\n'], events))).toContain('y');
  await expect(read(serving(['data: ', 'x'.repeat(60), 'x'.repeat(60)], events))).rejects.toThrow();
});
