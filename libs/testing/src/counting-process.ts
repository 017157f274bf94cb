import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server in a process of its own, which nobody kills with what it serves: what it counts outlives whoever asks. */
export class CountingProcess {
  /** Base URL. */
  readonly url: string;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
  }

  /** Starts `main` with Node; its first line holds its base URL. */
  static async start(main: string, { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {}): Promise<CountingProcess> {
    const child = spawn(process.execPath, [main, ...args], {
      env: { PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '1', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      // a group of its own: Ctrl-C reaches only whoever counts
      detached: true,
    });
    const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${main} ended`)));
    const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as [string];
    ended.catch(() => undefined);
    return new CountingProcess(child, /https?:\/\/\S+/.exec(line)?.[0] ?? '');
  }

  /** How often each key was counted. @param path of the counts */
  async calls(path = '/calls'): Promise<Readonly<Record<string, number>>> {
    return (await fetch(`${this.url}${path}`)).json() as Promise<Record<string, number>>;
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill();
    await once(this.child, 'exit');
  }
}
