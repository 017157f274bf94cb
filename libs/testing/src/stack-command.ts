import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

/** Root of the checkout. */
export const CHECKOUT = resolve(import.meta.dirname, '../../..');

/** Runs `npm run stack -- <verb>` with these variables besides ours; `output` is empty for what shows its progress itself. */
export type StackCommand = (verb: 'status' | 'up' | 'down', env: Readonly<Record<string, string>>, signal?: AbortSignal) => Promise<{ code: number | null; output: string }>;

/** The {@link StackCommand} of this checkout. */
export const runStackCommand: StackCommand = async (verb, env, signal) => {
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
