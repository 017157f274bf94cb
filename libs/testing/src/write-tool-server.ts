import { join } from 'node:path';
import { CountingProcess } from './counting-process';

const ANSWER_TIMEOUT_MS = 10_000;
const MAIN = join(import.meta.dirname, 'write-tool-server.main.ts');

/**
 * A tool server in a process of its own that counts its calls, so that the counts outlive whoever calls. It offers four tools, named after
 * the effect classes; each takes `key`, under which the call is counted at once, and `delay_ms`, after which the key's first call is answered.
 */
export class WriteToolServer {
  private readonly process: CountingProcess;

  private constructor(process: CountingProcess) {
    this.process = process;
  }

  /** Starts one on a free port. */
  static async start(): Promise<WriteToolServer> {
    return new WriteToolServer(await CountingProcess.start(MAIN));
  }

  /** Address of its MCP endpoint. */
  get url(): string {
    return `${this.process.url}/mcp`;
  }

  /** How often each key was called. */
  calls(): Promise<Readonly<Record<string, number>>> {
    return this.process.calls();
  }

  /** Answers a key's first call now, whatever its delay. @throws Error when none waits */
  async answer(key: string): Promise<void> {
    const { status } = await fetch(`${this.process.url}/calls/${key}/answer`, { method: 'POST', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    if (status !== 204) throw new Error(`no call of ${key} waits for its answer (${status})`);
  }

  /** Ends the process. */
  stop(): Promise<void> {
    return this.process.stop();
  }
}
