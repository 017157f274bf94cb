import type { TokenChunk, ToolCallDto, UsageDto } from '@holdfast/contracts/messages';
import type { TokenAddress } from '@holdfast/event-bus';

/** Where tokens go; event-bus's TokenPublisher, which joins pieces, never waits and never throws. */
export interface TokenSink {
  push(address: TokenAddress, piece: TokenChunk): void;
  abandon(address: TokenAddress, call: string, attempt: number): void;
}

/** Which message is being spoken. */
export interface TokenSource extends TokenAddress {
  readonly call: string;
  readonly attempt: number;
  readonly messageId: string;
  readonly node: string;
  readonly ns: readonly string[];
}

/** Publishes a message while it is spoken: text with its offset, and at the end tool calls and usage. */
export class TokenWriter {
  #offset = 0;
  #firstTokenAt: string | undefined;

  constructor(
    private readonly sink: TokenSink,
    private readonly source: TokenSource,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  /** When the first piece of text came, ISO 8601; undefined before. */
  get firstTokenAt(): string | undefined {
    return this.#firstTokenAt;
  }

  /** Takes the next piece of text. */
  write(text: string): void {
    this.#firstTokenAt ??= this.clock().toISOString();
    this.#push(text, {});
    this.#offset += text.length;
  }

  /** Marks the end of the message. */
  finish(toolCalls: readonly ToolCallDto[], usage: UsageDto | undefined): void {
    this.#push('', {
      last: true,
      ...(toolCalls.length === 0 ? {} : { tool_calls: [...toolCalls] }),
      ...(usage === undefined ? {} : { usage }),
    });
  }

  /** Ends an attempt that failed; readers drop its text when the next one starts. */
  abandon(): void {
    this.sink.abandon(this.source, this.source.call, this.source.attempt);
  }

  #push(text: string, end: Partial<TokenChunk>): void {
    const { call, attempt, messageId, node, ns } = this.source;
    this.sink.push(this.source, { call, attempt, messageId, node, ns: [...ns], offset: this.#offset, text, ...end });
  }
}
