import { join, resolve } from 'node:path';
import { CHECKOUT, type StackCommand, runStackCommand } from '@holdfast/testing';
import { readStack, type StackUnderTest } from './stack-under-test';

/** Exit code of `stack status` when no supervisor runs. MAINTENANCE: tools/stack/src/commands/exit-codes.ts. */
const NOT_RUNNING = 3;

/** Which stack is measured and how long. */
export interface StackOptions {
  /** Aborting ends the measurement; a stack of our own is ended before the promise rejects. */
  readonly signal: AbortSignal;
  /** NODE_OPTIONS of the apps; a running stack was started without them, so this asks for one of our own. */
  readonly nodeOptions?: string;
  /** Folder of outside graphs; as `nodeOptions`, it asks for a stack of our own. */
  readonly graphs?: string;
  /** Base URL of the model in place of the development model; asks for a stack of our own, too. */
  readonly modelUrl?: string;
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
    graphs,
    modelUrl,
    home = resolve(CHECKOUT, process.env['HOLDFAST_HOME'] ?? '.holdfast'),
    ownHome = join(CHECKOUT, '.holdfast-bench'),
    command = runStackCommand,
  } = options;
  if (nodeOptions === undefined && graphs === undefined && modelUrl === undefined && (await isUp(home, command))) return orAborted(work(readStack(home)), signal);
  if (await isUp(ownHome, command)) {
    throw new CannotMeasureError(
      `A bench of this checkout is under way, or one was killed: its stack runs. End it with: HOLDFAST_HOME='${ownHome}' npm run stack -- down`,
    );
  }
  const env = {
    HOLDFAST_HOME: ownHome,
    HOLDFAST_PORT: process.env['HOLDFAST_BENCH_PORT'] ?? '8093',
    ...(nodeOptions === undefined ? {} : { HOLDFAST_NODE_OPTIONS: nodeOptions }),
    ...(graphs === undefined ? {} : { HOLDFAST_GRAPHS: graphs }),
    ...(modelUrl === undefined ? {} : { LLM_GATEWAY_URL: modelUrl }),
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
