import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '../../..');

/** Lines of the log that an error quotes. */
const LAST_LINES = 20;

/**
 * Bundles entries the way tools/build-app.mjs bundles apps, into the project's node_modules/.cache, and answers with the file of each.
 * A process of its own, because esbuild refuses to run in Jest's realm.
 *
 * @param project folder of the project
 * @param entries paths within the project, without `.ts`
 */
export async function bundleForTest<E extends string>(project: string, ...entries: E[]): Promise<Record<E, string>> {
  const out = join(project, 'node_modules/.cache/test-bundles', entries.join('+').replaceAll('/', '.'));
  await run(process.execPath, [join(repository, 'tools/app-bundle/bundle.mjs'), out, ...entries.map((entry) => join(project, `${entry}.ts`))]);
  return Object.fromEntries(entries.map((entry, i) => [entry, join(out, `${i}.mjs`)])) as Record<E, string>;
}

/** An app in a process of its own: signals, kills and module loading cannot be tested inside Jest. */
export class AppProcess {
  /** Its log so far: parsed lines; what is no JSON stands as `msg`. */
  readonly lines: Record<string, unknown>[] = [];
  /** Its exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>;
  /** Address of its HTTP server, once the log names it; an error with its last words when the process has ended without. */
  readonly url: Promise<string>;

  private readonly child: ChildProcess;
  /** How it ended. */
  private ended: number | string | undefined;

  private constructor(child: ChildProcess) {
    this.child = child;
    // `close` and not `exit`: its last words have been read then.
    this.exit = new Promise((resolve) => child.once('close', (code, signal) => resolve((this.ended = signal ?? code ?? -1))));
    let onUrl: (url: string) => void = () => undefined;
    this.url = new Promise((resolve, reject) => {
      onUrl = resolve;
      void this.exit.then(() => reject(this.endedBefore('naming its address')));
    });
    // Of no interest to those who never ask for it.
    this.url.catch(() => undefined);
    const take = (line: string): void => {
      const parsed = line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : { msg: line };
      this.lines.push(parsed);
      if (typeof parsed['url'] === 'string') onUrl(parsed['url']);
    };
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on('line', take);
  }

  /** Starts a bundle of {@link bundleForTest} with these variables and no others of ours. */
  static start(bundle: string, env: Record<string, string> = {}): AppProcess {
    const child = spawn(process.execPath, [bundle], {
      cwd: dirname(bundle),
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'test', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new AppProcess(child);
  }

  /** Sends a signal. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<number | string> {
    this.signal(signal);
    return this.exit;
  }

  private endedBefore(what: string): Error {
    const last = this.lines.slice(-LAST_LINES).map((line) => String(line['msg'] ?? JSON.stringify(line)));
    return new Error(`the process ended with ${this.ended} before ${what}; its last words:\n${last.join('\n')}`);
  }

  /** Messages of its log so far. */
  get messages(): string[] {
    return this.lines.map((line) => String(line['msg']));
  }

  /** Waits until the log holds a message; an error after 20 s, or with its last words as soon as the process has ended without it. */
  async said(message: string): Promise<void> {
    for (let i = 0; i < 1000; i += 1) {
      if (this.messages.includes(message)) return;
      if (this.ended !== undefined) throw this.endedBefore(`saying: ${message}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`never said: ${message}`);
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
