import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Thrown when a command fails; `output` holds the end of what it printed. */
export class CommandError extends Error {
  readonly code = 'STACK_COMMAND_FAILED';
  readonly output: string;

  constructor(message: string, output: string) {
    super(message);
    this.output = output;
  }
}

/** How a command is run. */
export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment; default is ours. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Aborting kills the command with everything it started. */
  readonly signal?: AbortSignal;
  /** Everything printed also goes here. */
  readonly logFile?: string;
  /** Called with every line printed. */
  readonly onLine?: (line: string) => void;
  /** Killed after this many milliseconds. Default 30 min. */
  readonly timeoutMs?: number;
  readonly input?: string;
}

const KEPT_OUTPUT = 64 * 1024;

/** Runs a command to its end and returns what it printed (the last 64 KiB). Throws CommandError unless it exits with 0. */
export async function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  options.signal?.throwIfAborted();
  const child = spawn(command, [...args], {
    cwd: options.cwd,
    env: { ...(options.env ?? process.env) },
    detached: true,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  if (options.logFile !== undefined) mkdirSync(dirname(options.logFile), { recursive: true });
  const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a' });
  // the log is for reading afterwards; a full disk shall not end whoever supervises processes
  log?.on('error', () => undefined);
  let output = '';
  let partial = '';
  const take = (chunk: string): void => {
    output = (output + chunk).slice(-KEPT_OUTPUT);
    log?.write(chunk);
    if (options.onLine === undefined) return;
    const lines = (partial + chunk).split('\n');
    partial = lines.pop() ?? '';
    lines.forEach(options.onLine);
  };
  child.stdout?.setEncoding('utf8').on('data', take);
  child.stderr?.setEncoding('utf8').on('data', take);
  child.stdin?.end(options.input);
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  };
  const timer = setTimeout(kill, options.timeoutMs ?? 30 * 60_000);
  options.signal?.addEventListener('abort', kill, { once: true });
  try {
    const problem = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(code === 0 ? undefined : signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`));
    });
    options.signal?.throwIfAborted();
    if (problem !== undefined) throw new CommandError(`${[command, ...args].join(' ')}: ${problem}`, output);
    return output;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', kill);
    log?.end();
  }
}
