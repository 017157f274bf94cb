/** What an endpoint answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A Server-Sent Event as received. */
export interface SeenEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** Calls the gateway as one tenant. */
export class ApiClient {
  constructor(
    private readonly url: string,
    private readonly apiKey: string,
  ) {}

  /** Sends JSON, or the text as it is. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await this.open(method, path, body, headers);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  }

  /** The response with its body unread. */
  open(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    return fetch(this.url + path, {
      method,
      headers: { 'x-api-key': this.apiKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

/** Collects the events of a stream as they come. */
export class EventCollector {
  readonly events: SeenEvent[] = [];
  /** Comment lines, such as heartbeats. */
  comments = 0;
  /** Resolves when the stream has ended, with or without an error. */
  readonly ended: Promise<void>;

  constructor(response: Response) {
    this.ended = this.#read(response).catch(() => undefined);
  }

  /** Waits until the predicate holds for what was collected. */
  async until(done: (events: readonly SeenEvent[]) => boolean, timeoutMs = 20_000): Promise<void> {
    const limit = Date.now() + timeoutMs;
    while (!done(this.events)) {
      if (Date.now() > limit) throw new Error(`not within ${timeoutMs} ms; got ${JSON.stringify(this.events.map(({ event }) => event))}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Event names in order. */
  names(): string[] {
    return this.events.map(({ event }) => event);
  }

  async #read(response: Response): Promise<void> {
    let text = '';
    for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        this.#take(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  }

  #take(block: string): void {
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
    if (block.startsWith(':')) this.comments += 1;
    else this.events.push({ id: fields.get('id') ?? '', event: fields.get('event') ?? '', data: JSON.parse(fields.get('data') ?? 'null') });
  }
}
