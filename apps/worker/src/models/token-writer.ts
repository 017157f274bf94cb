import type { TokenChunk, ToolCallDto, UsageDto } from '@holdfast/contracts/messages';

/** Where tokens go: the tokens stream. Losing some is allowed (the journal has the message), failing a call for them is not. */
export interface TokenSink {
  publish(run: { readonly tenantId: string; readonly runId: string }, chunk: TokenChunk): void;
}

/** Which message is being spoken. */
export interface TokenSource {
  readonly tenantId: string;
  readonly runId: string;
  readonly call: number;
  readonly attempt: number;
  readonly messageId: string;
  readonly node: string;
  readonly ns: readonly string[];
}

/** Longest wait of a token for company, in milliseconds: one message per 20 ms looks as fluid and costs a tenth. */
export const COALESCE_MS = 20;

/** Publishes a message while it is spoken: text with its offset, and at the end tool calls and usage. */
export class TokenWriter {
  #offset = 0;
  #pending = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sink: TokenSink,
    private readonly source: TokenSource,
  ) {}

  /** Takes the next piece of text. The first one goes out at once, so that a viewer sees the start without delay. */
  write(text: string): void {
    this.#pending += text;
    if (this.#offset === 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), COALESCE_MS);
  }

  /** Sends the rest and marks the end of the message. */
  finish(toolCalls: readonly ToolCallDto[], usage: UsageDto | undefined): void {
    this.#flush();
    this.#send('', {
      last: true,
      ...(toolCalls.length === 0 ? {} : { tool_calls: [...toolCalls] }),
      ...(usage === undefined ? {} : { usage }),
    });
  }

  /** Forgets what has not been sent: the attempt has failed, and readers drop it when the next one starts. */
  discard(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = '';
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending === '') return;
    const text = this.#pending;
    this.#pending = '';
    this.#send(text, {});
    this.#offset += text.length;
  }

  #send(text: string, end: Partial<TokenChunk>): void {
    const { call, attempt, messageId, node, ns } = this.source;
    this.sink.publish(this.source, { call, attempt, messageId, node, ns: [...ns], offset: this.#offset, text, ...end });
  }
}
