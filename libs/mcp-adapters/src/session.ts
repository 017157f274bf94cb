import {
  Client,
  type PriorDiscovery,
  type StandardSchemaV1,
  type Tool,
  type Transport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { BoundedHttpTransport } from './http-transport';
import type { McpLimits, McpServerSpec, StdioServerSpec } from './server-spec';
import { TailBuffer } from './tail-buffer';

/** Lets any result through: normaliseResult reads it once, and validating it twice costs more than the rest of the call. */
const ANY_RESULT: StandardSchemaV1<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'holdfast', validate: (value) => ({ value }) },
};

/** What one call needs besides name and arguments. */
export interface SessionCall {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** Options of {@link openSession}. */
export interface SessionSettings {
  readonly spec: McpServerSpec;
  readonly limits: McpLimits;
  readonly clientInfo: { readonly name: string; readonly version: string };
  /** Era found earlier; saves the probe. */
  readonly prior?: PriorDiscovery;
  readonly signal: AbortSignal;
  /** Tools after the server said that its list changed. */
  onTools(tools: readonly Tool[]): void;
  /** Something went wrong beside any call, such as a broken notification stream. */
  onTrouble(error: Error): void;
}

/** One live connection to a server, from negotiation to its end. */
export interface McpSession {
  readonly tools: readonly Tool[];
  readonly era: 'modern' | 'legacy' | undefined;
  readonly protocolVersion: string | undefined;
  readonly server: string | undefined;
  readonly pid: number | undefined;
  /** Resolves with the reason when the connection ended or was declared broken. */
  readonly ended: Promise<string>;
  /** Whether the server gave a session id (legacy HTTP). */
  hasSessionId(): boolean;
  /** What to remember for the next {@link SessionSettings.prior}. */
  discovery(): PriorDiscovery | undefined;
  call(tool: string, args: Readonly<Record<string, unknown>>, options: SessionCall): Promise<unknown>;
  /** Asks for a sign of life. */
  probe(timeoutMs: number): Promise<void>;
  /** Ends {@link ended}; calls under way go on until {@link close}. */
  declareBroken(reason: string): void;
  /** Last words of a child process. */
  stderr(): string;
  /** Closes stdin, then SIGTERM after 2 s, then SIGKILL after 2 s more; over HTTP ends the session. */
  close(): Promise<void>;
}

/**
 * Connects, negotiates the era, lists the tools.
 * @throws the SDK's errors, and Error when the server lists too many tools. A child process that was started is ended again.
 */
export async function openSession(settings: SessionSettings): Promise<McpSession> {
  const { limits, spec, signal } = settings;
  const stderr = new TailBuffer(limits.stderrTailBytes);
  const transport = spec.kind === 'stdio' ? stdioTransport(spec, limits, stderr) : new BoundedHttpTransport(spec, limits.maxMessageBytes);
  const client = new Client(settings.clientInfo, {
    versionNegotiation: { mode: 'auto', probe: { timeoutMs: Math.min(limits.connectTimeoutMs / 2, 5_000) } },
    listMaxPages: limits.maxPages,
    // We have nobody to ask: a server that wants input gets an error instead of a hanging call.
    inputRequired: { autoFulfill: false },
    listChanged: {
      tools: {
        onChanged: (error, tools) => {
          if (error !== null) settings.onTrouble(error);
          else if (tools !== null) settings.onTools(tools);
        },
      },
    },
  });
  const ended = ending();
  client.onclose = () => ended.resolve(spec.kind === 'stdio' ? 'the process ended' : 'the connection was closed');
  try {
    await client.connect(transport, { timeout: limits.connectTimeoutMs, signal, ...(settings.prior ? { prior: settings.prior } : {}) });
    client.onerror = (error) => settings.onTrouble(error);
    const { tools } = await client.listTools(undefined, { timeout: limits.connectTimeoutMs, signal, cacheMode: 'refresh' });
    if (tools.length > limits.maxTools) throw new Error(`the server lists ${tools.length} tools, more than ${limits.maxTools}`);
    if (transport instanceof BoundedHttpTransport) transport.watchStreams();
    return sessionOf(client, transport, tools, ended, stderr);
  } catch (error) {
    const tail = stderr.text();
    await close(client, transport);
    if (tail === '' || !(error instanceof Error)) throw error;
    throw new Error(`${error.message}; standard error: ${tail.slice(-1_000)}`, { cause: error });
  }
}

function stdioTransport(spec: StdioServerSpec, limits: McpLimits, stderr: TailBuffer): StdioClientTransport {
  const { command, args, env, cwd } = spec;
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    stderr: 'pipe',
    maxBufferSize: limits.maxMessageBytes,
    ...(env === undefined ? {} : { env: { ...env } }),
    ...(cwd === undefined ? {} : { cwd }),
  });
  transport.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk));
  return transport;
}

function sessionOf(
  client: Client,
  transport: StdioClientTransport | BoundedHttpTransport,
  tools: readonly Tool[],
  ended: Ending,
  stderr: TailBuffer,
): McpSession {
  const era = client.getProtocolEra();
  // Only these need the SDK's own callTool, which mirrors arguments into HTTP headers (SEP-2243).
  const mirrored = new Set(era === 'modern' ? tools.filter((tool) => JSON.stringify(tool.inputSchema).includes('x-mcp-header')).map((t) => t.name) : []);
  return {
    tools,
    era,
    protocolVersion: client.getNegotiatedProtocolVersion(),
    server: client.getServerVersion()?.name,
    pid: (transport instanceof StdioClientTransport ? transport.pid : null) ?? undefined,
    ended: ended.promise,
    hasSessionId: () => transport instanceof BoundedHttpTransport && transport.sessionId !== undefined,
    discovery() {
      const discover = client.getDiscoverResult();
      if (era === 'modern') return discover === undefined ? undefined : { kind: 'modern', discover };
      return { kind: 'legacy' };
    },
    call(tool, args, { timeoutMs, signal, meta }) {
      const params = { name: tool, arguments: { ...args }, ...(meta === undefined ? {} : { _meta: { ...meta } }) };
      const options = { timeout: timeoutMs, ...(signal === undefined ? {} : { signal }) };
      return mirrored.has(tool) ? client.callTool(params, options) : client.request({ method: 'tools/call', params }, ANY_RESULT, options);
    },
    async probe(timeoutMs) {
      await (era === 'modern' ? client.discover({ timeout: timeoutMs }) : client.ping({ timeout: timeoutMs }));
    },
    declareBroken: (reason) => ended.resolve(reason),
    stderr: () => stderr.text(),
    close: () => close(client, transport),
  };
}

interface Ending {
  readonly promise: Promise<string>;
  readonly resolve: (reason: string) => void;
}

function ending(): Ending {
  let resolve: (reason: string) => void = () => undefined;
  const promise = new Promise<string>((settle) => (resolve = settle));
  return { promise, resolve: (reason) => resolve(reason) };
}

async function close(client: Client, transport: Transport & { terminateSession?: () => Promise<void> }): Promise<void> {
  // A server that is gone answers nothing: the farewell gets half a second and its failure says nothing new.
  const farewell = transport.terminateSession?.().catch(() => undefined);
  if (farewell !== undefined) await Promise.race([farewell, new Promise((resolve) => setTimeout(resolve, 500).unref())]);
  await client.close().catch(() => undefined);
  // When connecting failed the client may not own the transport yet.
  await transport.close().catch(() => undefined);
}
