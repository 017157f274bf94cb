/** A Server-Sent Event. */
export interface SseEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** Takes a stream of bytes apart into events (WHATWG HTML §9.2.6, as far as JSON streams need it). An event counts when its blank line has come. */
export class SseParser {
  #rest = '';
  readonly #decoder = new TextDecoder();

  /** The events that the piece completes. */
  push(piece: Uint8Array): SseEvent[] {
    this.#rest += this.#decoder.decode(piece, { stream: true });
    const blocks = this.#rest.split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => eventOf(block));
  }

  /** True when bytes of an event have come whose end has not. */
  get isInsideEvent(): boolean {
    return this.#rest.includes('data:') || this.#rest.includes('id:');
  }
}

function eventOf(block: string): SseEvent[] {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const match = /^(id|event|data): ?(.*)$/.exec(line);
    if (match !== null) fields.set(match[1] ?? '', match[2] ?? '');
  }
  const data = fields.get('data');
  if (data === undefined) return [];
  return [{ id: fields.get('id') ?? '', event: fields.get('event') ?? 'message', data: JSON.parse(data) as unknown }];
}
