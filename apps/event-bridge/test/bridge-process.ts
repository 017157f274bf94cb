import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const appFolder = join(import.meta.dirname, '..');

const run = promisify(execFile);

/** An event-bridge in a process of its own. */
export class BridgeProcess {
  readonly lines: Record<string, unknown>[] = [];
  private readonly exited: Promise<number | string>;

  private constructor(
    private readonly child: ChildProcess,
    readonly url: Promise<string>,
    exited: Promise<number | string>,
  ) {
    this.exited = exited;
  }

  /** Bundles the app once for all starts. */
  static async build(): Promise<void> {
    await run(process.execPath, [join(appFolder, 'test/bundle.mjs')]);
  }

  /** Starts it; `crashing-bridge` is the app with a crash point. */
  static start(env: Record<string, string>, entry: 'main' | 'crashing-bridge' = 'main'): BridgeProcess {
    const child = spawn(process.execPath, [join('node_modules/.cache/test-bundles', `${entry}.mjs`)], {
      cwd: appFolder,
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', HEALTH_PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = new Promise<number | string>((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code ?? -1)));
    let onUrl: (url: string) => void = () => undefined;
    const url = new Promise<string>((resolve) => (onUrl = resolve));
    const bridge = new BridgeProcess(child, url, exited);
    const take = (line: string): void => {
      const parsed = line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : { msg: line };
      bridge.lines.push(parsed);
      if (typeof parsed['url'] === 'string') onUrl(parsed['url']);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take);
    return bridge;
  }

  /** Sends a signal and waits for the end: the exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | string> {
    this.child.kill(signal);
    return this.exited;
  }

  /** Waits for the end. */
  whenGone(): Promise<number | string> {
    return this.exited;
  }

  /** Messages of its log so far. */
  get messages(): string[] {
    return this.lines.map((line) => String(line['msg']));
  }

  /** Status of a path; 0 when it does not answer. */
  async status(path: string): Promise<number> {
    return fetch(`${await this.url}${path}`).then(
      (response) => response.status,
      () => 0,
    );
  }

  /** Text of a path. */
  async text(path: string): Promise<string> {
    return (await fetch(`${await this.url}${path}`)).text();
  }
}
