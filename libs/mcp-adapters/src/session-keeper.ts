import { setTimeout as sleep } from 'node:timers/promises';
import type { PriorDiscovery, Tool } from '@modelcontextprotocol/client';
import { ChangeGate } from './change-gate';
import type { McpLimits, McpServerSpec } from './server-spec';
import { openSession, type McpSession } from './session';

/** What a connection tells its owner; pino's logger satisfies it. */
export interface McpLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}

/** Options of {@link SessionKeeper}. */
export interface SessionKeeperSettings {
  readonly slug: string;
  readonly spec: McpServerSpec;
  readonly limits: McpLimits;
  readonly clientInfo: { readonly name: string; readonly version: string };
  readonly log: McpLog | undefined;
  readonly random: () => number;
  /** After each change of session, tools or last error. */
  onChange(): void;
}

// The era of a server changes only when it is upgraded; a stale "legacy" would never be noticed, hence the end (mcp.md §2).
const PRIOR_TTL_MS = 600_000;
const PROBE_TIMEOUT_MS = 3_000;

/** Keeps one session to one server alive for ever: connects, watches, connects again after jittered, growing pauses. */
export class SessionKeeper {
  readonly #settings: SessionKeeperSettings;
  readonly #closing = new AbortController();
  readonly #gate = new ChangeGate();
  #session: McpSession | undefined;
  #probing: McpSession | undefined;
  #tools: readonly Tool[] | undefined;
  #prior: { readonly value: PriorDiscovery; readonly until: number } | undefined;
  #loop: Promise<void> | undefined;
  #lastError: string | undefined;
  #connections = 0;
  #lastSign = 0;
  #hasAnswered = false;

  constructor(settings: SessionKeeperSettings) {
    this.#settings = settings;
  }

  /** Begins connecting; returns at once. A second call does nothing. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Whether {@link start} was called. */
  get started(): boolean {
    return this.#loop !== undefined;
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** The live session, when there is one. */
  get session(): McpSession | undefined {
    return this.#session;
  }

  /** As last listed; outlives a lost session. */
  get tools(): readonly Tool[] | undefined {
    return this.#tools;
  }

  /** Why there is no session, with the last words of a child process. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Sessions opened so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Resolves at the next change, after the time, or at the signal. */
  changed(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return this.#gate.wait(timeoutMs, signal);
  }

  /** A call was answered: the server works, so should it die now it is started again without a long pause. */
  noteAnswer(): void {
    this.#hasAnswered = true;
    this.#noteSign();
  }

  /** Gives the session up at once, so that no further call meets it, and connects again. */
  discard(session: McpSession, reason: string): void {
    if (this.#session === session) this.#session = undefined;
    session.declareBroken(reason);
  }

  /** Asks the server for a sign of life and gives the session up when none comes. A child process shows its death itself. */
  doubt(session: McpSession): void {
    if (this.#settings.spec.kind === 'stdio' || this.#probing === session) return;
    this.#probing = session;
    const alive = (): void => {
      this.#noteSign();
      this.#probing = undefined;
    };
    // A session without an answer stays in #probing: it is over, and its own errors must not start another probe.
    session.probe(PROBE_TIMEOUT_MS).then(alive, (error: Error) => this.discard(session, `no sign of life: ${error.message}`));
  }

  /** Ends the session and a child process; resolves when it is gone. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#session?.declareBroken('closed');
    this.#gate.open();
    await this.#loop;
    this.#settings.onChange();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      const started = performance.now();
      const session = await this.#connect();
      if (session !== undefined) {
        await this.#live(session);
        if (this.#hasAnswered || performance.now() - started > this.#settings.limits.stableMs) failures = 0;
      }
      if (signal.aborted) return;
      await sleep(this.#backoffMs(failures), undefined, { signal }).catch(() => undefined);
      failures += 1;
    }
  }

  async #connect(): Promise<McpSession | undefined> {
    const { slug, spec, limits, clientInfo, log } = this.#settings;
    const prior = this.#prior !== undefined && this.#prior.until > performance.now() ? this.#prior.value : undefined;
    try {
      const session = await openSession({
        spec,
        limits,
        clientInfo,
        ...(prior === undefined ? {} : { prior }),
        signal: this.#closing.signal,
        onTools: (tools) => this.#adopt(tools),
        onTrouble: (error) => {
          log?.debug({ server: slug, reason: error.message }, 'trouble beside a call');
          if (this.#session !== undefined) this.doubt(this.#session);
        },
      });
      const discovery = session.discovery();
      if (prior === undefined) this.#prior = discovery && { value: discovery, until: performance.now() + PRIOR_TTL_MS };
      this.#connections += 1;
      const { era, protocolVersion, pid, tools } = session;
      log?.info({ server: slug, era, protocolVersion, pid, tools: tools.length }, `tool server ${slug} is connected`);
      return session;
    } catch (error) {
      // A remembered era may be what made it fail: the next attempt asks again.
      this.#prior = undefined;
      if (!this.closed) this.#noteFailure(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  async #live(session: McpSession): Promise<void> {
    this.#session = session;
    this.#hasAnswered = false;
    this.#lastError = undefined;
    this.#noteSign();
    this.#adopt(session.tools);
    const { probeIntervalMs } = this.#settings.limits;
    const prober = setInterval(() => {
      if (performance.now() - this.#lastSign >= probeIntervalMs) this.doubt(session);
    }, probeIntervalMs);
    const reason = await session.ended;
    clearInterval(prober);
    this.#session = undefined;
    const words = session.stderr();
    if (!this.closed) this.#noteFailure(words === '' ? reason : `${reason}; standard error: ${words.slice(-500)}`);
    await session.close();
  }

  #noteSign(): void {
    this.#lastSign = performance.now();
  }

  #adopt(tools: readonly Tool[]): void {
    // A first listing above the limit refuses the server; a later one that grows above it keeps what was there before.
    if (tools.length <= this.#settings.limits.maxTools) this.#tools = tools;
    this.#notify();
  }

  #noteFailure(reason: string): void {
    const { slug, log } = this.#settings;
    // One line per new reason, not one per attempt.
    if (reason !== this.#lastError) log?.warn({ server: slug, reason }, `tool server ${slug} is away`);
    this.#lastError = reason;
    this.#notify();
  }

  #notify(): void {
    this.#gate.open();
    this.#settings.onChange();
  }

  #backoffMs(failures: number): number {
    const { minBackoffMs, maxBackoffMs } = this.#settings.limits;
    const ceiling = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(failures, 20));
    return ceiling * (0.5 + this.#settings.random() / 2);
  }
}
