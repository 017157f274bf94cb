/** A tool server that is a child process of ours. Only an operator's configuration may become one of these. */
export interface StdioServerSpec {
  readonly kind: 'stdio';
  /** Executable; no shell is involved. */
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the few inherited variables that the SDK deems safe (PATH, HOME, USER, SHELL, TERM, LOGNAME). */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A tool server reached over streamable HTTP. */
export interface HttpServerSpec {
  readonly kind: 'streamable-http';
  readonly url: string;
  /** Sent with every request, such as the operator's credential. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a tool server is reached. */
export type McpServerSpec = StdioServerSpec | HttpServerSpec;

/** Bounds of a connection. Milliseconds and bytes. */
export interface McpLimits {
  /** Process start or HTTP connect, negotiation and first listing together. Default 15,000 ms. */
  readonly connectTimeoutMs: number;
  /** How long a call waits for a connection that is being made. Default 3,000 ms. */
  readonly connectWaitMs: number;
  /** Most tools taken from one server; a server with more is refused as a whole. Default 512. */
  readonly maxTools: number;
  /** Most pages of one listing. Default 64. */
  readonly maxPages: number;
  /** Largest single message from the server. Default 10 MiB. */
  readonly maxMessageBytes: number;
  /** How much of the child's standard error is kept for diagnosis. Default 8 KiB. */
  readonly stderrTailBytes: number;
  /** First and longest pause before connecting again. Defaults 100 and 10,000 ms. */
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A connection that answered a call or lived this long starts again with the first pause. Default 10,000 ms. */
  readonly stableMs: number;
  /** How long silence of an HTTP server lasts before it is probed. Default 15,000 ms. */
  readonly probeIntervalMs: number;
}

/** Defaults of {@link McpLimits}. */
export const DEFAULT_LIMITS: McpLimits = {
  connectTimeoutMs: 15_000,
  connectWaitMs: 3_000,
  maxTools: 512,
  maxPages: 64,
  maxMessageBytes: 10 * 1024 * 1024,
  stderrTailBytes: 8 * 1024,
  minBackoffMs: 100,
  maxBackoffMs: 10_000,
  stableMs: 10_000,
  probeIntervalMs: 15_000,
};
