/** One frame of a server-sent event stream. */
export interface SseFrame {
  readonly event: string;
  readonly id: string | undefined;
  /** Parsed JSON of the data lines; undefined for a frame without data. */
  readonly data: unknown;
}

/** Longest frame we accept, in characters. */
const MAX_FRAME = 8 * 1024 * 1024;

/** Reads frames from the text of an SSE body; comments and empty frames are left out. */
export async function* readSse(body: AsyncIterable<Uint8Array>): AsyncGenerator<SseFrame> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split(/\r?\n\r?\n/);
    rest = parts.pop() ?? '';
    if (rest.length > MAX_FRAME) throw new Error('a frame of the stream is too long');
    for (const part of parts) {
      const frame = parseFrame(part);
      if (frame !== undefined) yield frame;
    }
  }
}

/** Parses one frame; undefined for a comment. */
export function parseFrame(text: string): SseFrame | undefined {
  let event = 'message';
  let id: string | undefined;
  const data: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, '');
    const field = line.slice(0, colon);
    if (field === 'event') event = value;
    else if (field === 'id') id = value;
    else if (field === 'data') data.push(value);
  }
  if (data.length === 0 && event === 'message') return undefined;
  return { event, id, data: data.length === 0 ? undefined : (JSON.parse(data.join('\n')) as unknown) };
}
