import type { Tool } from '@modelcontextprotocol/client';
import { classifyError } from './classify-error';
import { McpCallError } from './mcp-call-error';
import { DEFAULT_LIMITS, type McpLimits, type McpServerSpec } from './server-spec';
import { SessionKeeper, type McpLog } from './session-keeper';
import type { McpSession } from './session';

/** Options of {@link McpServerConnection}. */
export interface McpServerConnectionOptions {
  /** The server's name in our catalogue; see isServerSlug. */
  readonly slug: string;
  readonly spec: McpServerSpec;
  readonly limits?: Partial<McpLimits>;
  /** How we introduce ourselves. */
  readonly clientInfo?: { readonly name: string; readonly version: string };
  readonly log?: McpLog;
  /** 0 ≤ x < 1, for jitter. Default `Math.random`. */
  readonly random?: () => number;
}

/** Where a connection stands. */
export interface McpServerState {
  readonly slug: string;
  readonly status: 'idle' | 'connecting' | 'ready' | 'closed';
  /** Why it is not ready; for operators, never for tenants: it may hold the last words of the process. */
  readonly lastError: string | undefined;
  readonly era: 'modern' | 'legacy' | undefined;
  readonly protocolVersion: string | undefined;
  /** Process id of a stdio server. */
  readonly pid: number | undefined;
  /** Connections made so far. */
  readonly connections: number;
}

/** Options of {@link McpServerConnection.call}. */
export interface McpCallOptions {
  /** Hard limit of the whole call, waiting for a connection included. Milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Joins the request's `_meta`, such as `traceparent`. */
  readonly meta?: Readonly<Record<string, unknown>>;
}

/**
 * One tool server, kept connected for ever: its process is started again when it dies, its address is tried again when it stops
 * answering. Calls wait shortly for a connection that is being made.
 */
export class McpServerConnection {
  readonly slug: string;
  readonly #limits: McpLimits;
  readonly #keeper: SessionKeeper;
  readonly #listeners = new Set<() => void>();

  constructor(options: McpServerConnectionOptions) {
    this.slug = options.slug;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#keeper = new SessionKeeper({
      slug: options.slug,
      spec: options.spec,
      limits: this.#limits,
      clientInfo: options.clientInfo ?? { name: 'holdfast-tool-router', version: '0.1.0' },
      log: options.log,
      random: options.random ?? Math.random,
      onChange: () => {
        for (const listener of [...this.#listeners]) listener();
      },
    });
  }

  /** Begins connecting; returns at once. A second call does nothing. */
  start(): void {
    this.#keeper.start();
  }

  /** See {@link McpServerState}. */
  get state(): McpServerState {
    const { session, closed, started, lastError, connections } = this.#keeper;
    return {
      slug: this.slug,
      status: closed ? 'closed' : session !== undefined ? 'ready' : started ? 'connecting' : 'idle',
      lastError: session === undefined ? lastError : undefined,
      era: session?.era,
      protocolVersion: session?.protocolVersion,
      pid: session?.pid,
      connections,
    };
  }

  /** The server's own definitions, as last listed; undefined before the first connection. They outlive a lost connection. */
  get tools(): readonly Tool[] | undefined {
    return this.#keeper.tools;
  }

  /** Calls back after each change of state or tools. Returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws McpCallError UNAVAILABLE when there is no connection in time, CANCELLED when the signal came first. */
  async waitUntilReady(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    await this.#ready(timeoutMs, signal);
  }

  /**
   * Calls a tool by the server's own name for it and gives back the raw MCP result (see normaliseResult).
   * Repeats the call once on a new session when the server forgot the old one, which it says before it executes anything.
   * @throws McpCallError
   */
  async call(tool: string, args: Readonly<Record<string, unknown>>, options: McpCallOptions): Promise<unknown> {
    const { signal, meta } = options;
    const deadline = performance.now() + options.timeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      const waitMs = Math.min(this.#limits.connectWaitMs, deadline - performance.now());
      const session = this.#keeper.session ?? (await this.#ready(waitMs, signal));
      const timeoutMs = deadline - performance.now();
      // Nothing was sent, so this is no timeout of the tool.
      if (timeoutMs <= 0) throw new McpCallError('UNAVAILABLE', `The tool server ${this.slug} was connected too late.`);
      try {
        const result = await session.call(tool, args, { timeoutMs, ...(signal ? { signal } : {}), ...(meta ? { meta } : {}) });
        this.#keeper.noteAnswer();
        return result;
      } catch (cause) {
        if (signal?.aborted === true) throw new McpCallError('CANCELLED', 'The call was cancelled.', { cause });
        const { error, connection } = classifyError(cause, session.hasSessionId());
        if (connection === 'doubtful') this.#keeper.doubt(session);
        if (connection === 'broken' || connection === 'session-gone') this.#keeper.discard(session, error.message);
        if (connection !== 'session-gone' || attempt > 1) throw error;
      }
    }
  }

  /** Ends the connection and a child process; resolves when it is gone. */
  async close(): Promise<void> {
    await this.#keeper.close();
  }

  async #ready(timeoutMs: number, signal?: AbortSignal): Promise<McpSession> {
    const deadline = performance.now() + timeoutMs;
    this.#keeper.start();
    for (;;) {
      const { session, closed } = this.#keeper;
      if (session !== undefined) return session;
      const leftMs = deadline - performance.now();
      if (signal?.aborted === true) throw new McpCallError('CANCELLED', 'The call was cancelled.', { cause: signal.reason });
      if (closed) throw new McpCallError('UNAVAILABLE', `The tool server ${this.slug} is being shut down.`);
      if (leftMs <= 0) throw new McpCallError('UNAVAILABLE', `The tool server ${this.slug} is not connected.`);
      await this.#keeper.changed(leftMs, signal);
    }
  }
}
