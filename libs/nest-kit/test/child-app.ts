import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '..');
const cache = join(folder, 'node_modules/.cache/test-bundles');

/** Bundles an entry of this folder for {@link ChildApp.start}. */
export async function bundle(name: string): Promise<void> {
  await run(process.execPath, [join(folder, 'test/bundle.mjs'), join(folder, `test/${name}.ts`), join(cache, name)]);
}

/** An app in a process of its own: signals and module loading cannot be tested inside Jest. */
export class ChildApp {
  readonly lines: Record<string, unknown>[] = [];
  readonly exit: Promise<number | string>;

  private constructor(
    readonly process: ChildProcess,
    readonly url: Promise<string>,
  ) {
    this.exit = new Promise((resolve) => process.once('exit', (code, signal) => resolve(signal ?? code ?? -1)));
  }

  static start(name: string, env: Record<string, string> = {}): ChildApp {
    const child = spawn(process.execPath, [join(cache, name, 'main.mjs')], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let onUrl: (url: string) => void = () => undefined;
    const app = new ChildApp(child, new Promise((resolve) => (onUrl = resolve)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const parsed = JSON.parse(line) as Record<string, unknown>;
      app.lines.push(parsed);
      if (typeof parsed['url'] === 'string') onUrl(parsed['url']);
    });
    return app;
  }

  /** Waits for a line of the log. */
  async said(message: string): Promise<void> {
    for (let i = 0; i < 1000; i += 1) {
      if (this.lines.some((line) => line['msg'] === message)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`never said: ${message}`);
  }
}
