import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { readStack, type StackUnderTest } from './stack-under-test';

/** Root of the checkout. */
export const CHECKOUT = resolve(import.meta.dirname, '../../..');

/** Exit code of `stack status` when no supervisor runs. MAINTENANCE: tools/stack/src/commands/exit-codes.ts. */
const NOT_RUNNING = 3;

/** Runs `npm run stack -- <verb>` with these variables besides ours; `output` is empty for what shows its progress itself. */
export type StackCommand = (verb: 'status' | 'up' | 'down', env: Readonly<Record<string, string>>, signal?: AbortSignal) => Promise<{ code: number | null; output: string }>;

/** Which stack is measured and how long. */
export interface StackOptions {
  /** Aborting ends the measurement; a stack of our own is ended before the promise rejects. */
  readonly signal: AbortSignal;
  /** NODE_OPTIONS of the apps; a running stack was started without them, so this asks for one of our own. */
  readonly nodeOptions?: string;
  /** Default HOLDFAST_HOME or `.holdfast`. */
  readonly home?: string;
  /** Home of a stack of our own. Default `.holdfast-bench`. */
  readonly ownHome?: string;
  readonly command?: StackCommand;
}

/** Thrown when there is a stack that must not be measured, and no other may be started beside it. */
export class CannotMeasureError extends Error {}

/** Measures the stack of HOLDFAST_HOME when it runs, else one of our own, which ends whatever happens to `work`. */
export async function withStack<T>(options: StackOptions, work: (stack: StackUnderTest) => Promise<T>): Promise<T> {
  const {
    signal,
    nodeOptions,
    home = resolve(CHECKOUT, process.env['HOLDFAST_HOME'] ?? '.holdfast'),
    ownHome = join(CHECKOUT, '.holdfast-bench'),
    command = runStackCommand,
  } = options;
  if (nodeOptions === undefined && (await isUp(home, command))) return orAborted(work(readStack(home)), signal);
  if (await isUp(ownHome, command)) {
    throw new CannotMeasureError(
      `A bench of this checkout is under way, or one was killed: its stack runs. End it with: HOLDFAST_HOME='${ownHome}' npm run stack -- down`,
    );
  }
  const env = {
    HOLDFAST_HOME: ownHome,
    HOLDFAST_PORT: process.env['HOLDFAST_BENCH_PORT'] ?? '8093',
    ...(nodeOptions === undefined ? {} : { HOLDFAST_NODE_OPTIONS: nodeOptions }),
  };
  // a start that fails, or is given up, ends by itself what it started
  await succeed(command('up', env, signal), 'up');
  try {
    return await orAborted(work(readStack(ownHome)), signal);
  } finally {
    await succeed(command('down', env), 'down');
  }
}

/** True when the stack of a home serves, false when none runs. A start under way, or one in trouble, would spoil the figures. */
async function isUp(home: string, command: StackCommand): Promise<boolean> {
  const { code, output } = await command('status', { HOLDFAST_HOME: home });
  if (code !== 0 && code !== NOT_RUNNING) throw new CannotMeasureError(`The stack of ${home} runs, but is not ready to be measured:\n${output.trimEnd()}`);
  return code === 0;
}

async function succeed(run: ReturnType<StackCommand>, verb: string): Promise<void> {
  const { code } = await run;
  if (code !== 0) throw new CannotMeasureError(`npm run stack -- ${verb} ended with ${code}`);
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    const abort = (): void => fail(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    work.then(done, fail);
  });
}

const runStackCommand: StackCommand = async (verb, env, signal) => {
  const child = spawn(process.execPath, [join(CHECKOUT, 'tools/stack/bin/stack.mjs'), verb], {
    cwd: CHECKOUT,
    env: { ...process.env, ...env },
    // a group of its own: Ctrl-C in the terminal reaches only us, and we end the stack in order
    detached: true,
    stdio: ['ignore', verb === 'status' ? 'pipe' : 'inherit', 'inherit'],
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const stop = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  const [code] = (await once(child, 'close')) as [number | null];
  signal?.removeEventListener('abort', stop);
  return { code, output };
};
