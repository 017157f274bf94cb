import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = join(import.meta.dirname, 'write-tool-server.main.ts');

/**
 * A tool server in a process of its own that counts its calls, so that the counts outlive whoever calls. It offers four tools, named after
 * the effect classes; each takes `key`, under which the call is counted at once, and `delay_ms`, after which the key's first call is answered.
 */
export class WriteToolServer {
  private readonly child: ChildProcess;
  private readonly base: string;

  private constructor(child: ChildProcess, base: string) {
    this.child = child;
    this.base = base;
  }

  /** Starts one on a free port. */
  static async start(): Promise<WriteToolServer> {
    const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '1' }, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the write tool server ended')));
    const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as [string];
    ended.catch(() => undefined);
    return new WriteToolServer(child, line);
  }

  /** Address of its MCP endpoint. */
  get url(): string {
    return `${this.base}/mcp`;
  }

  /** How often each key was called. */
  async calls(): Promise<Readonly<Record<string, number>>> {
    return (await fetch(`${this.base}/calls`)).json() as Promise<Record<string, number>>;
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill();
    await once(this.child, 'exit');
  }
}
