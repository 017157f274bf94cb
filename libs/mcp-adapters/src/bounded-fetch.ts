/** The part of `fetch` that the SDK's transport uses. */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

const LF = 0x0a;
const CR = 0x0d;

/**
 * A `fetch` whose responses fail when one message in them is larger than the limit: the whole body, or for an event stream one event.
 * The SDK buffers a message before it parses it, so without this a hostile server could fill the memory (mcp.md RT12).
 */
export function boundedFetch(maxMessageBytes: number, inner: Fetch = fetch): Fetch {
  return async (url, init) => {
    const response = await inner(url, init);
    if (response.body === null) return response;
    // A declared length is that of the bytes on the wire; what `fetch` unpacks from them can be a thousand times as much.
    const isPacked = response.headers.has('content-encoding');
    const declared = Number(response.headers.get('content-length') ?? Number.NaN);
    if (!isPacked && declared <= maxMessageBytes) return response;
    const isEventStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    const body = response.body.pipeThrough(limiter(maxMessageBytes, isEventStream));
    return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
  };
}

function limiter(maxBytes: number, isEventStream: boolean): TransformStream<Uint8Array, Uint8Array> {
  let sinceBoundary = 0;
  return new TransformStream({
    transform(chunk, controller) {
      const boundary = isEventStream ? lastBlankLine(chunk) : -1;
      sinceBoundary = boundary < 0 ? sinceBoundary + chunk.byteLength : chunk.byteLength - boundary;
      if (sinceBoundary > maxBytes || chunk.byteLength > maxBytes) {
        controller.error(new Error(`a message of the tool server is larger than ${maxBytes} bytes`));
        return;
      }
      controller.enqueue(chunk);
    },
  });
}

/** Index after the last empty line, which ends an event; -1 when there is none. */
function lastBlankLine(chunk: Uint8Array): number {
  for (let i = chunk.lastIndexOf(LF); i > 0; i = chunk.lastIndexOf(LF, i - 1)) {
    if (chunk[i - 1] === LF || (chunk[i - 1] === CR && chunk[i - 2] === LF)) return i + 1;
  }
  return -1;
}
