import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readStack, type StackUnderTest } from './stack-under-test';

/** Root of the checkout. */
export const CHECKOUT = resolve(import.meta.dirname, '../../..');

/** A stack to measure and how to leave it. */
export interface StackLease {
  readonly stack: StackUnderTest;
  release(): Promise<void>;
}

/** The stack of HOLDFAST_HOME when it runs, else one of our own that ends with the bench. */
export async function leaseStack(nodeOptions?: string): Promise<StackLease> {
  const home = resolve(CHECKOUT, process.env['HOLDFAST_HOME'] ?? '.holdfast');
  if (nodeOptions === undefined && existsSync(join(home, 'stack.json'))) {
    try {
      return { stack: readStack(home), release: () => Promise.resolve() };
    } catch {
      // stack.json of a stack that was stopped: start our own
    }
  }
  const own = join(CHECKOUT, '.holdfast-bench');
  const env = {
    ...process.env,
    HOLDFAST_HOME: own,
    HOLDFAST_PORT: process.env['HOLDFAST_BENCH_PORT'] ?? '8093',
    ...(nodeOptions === undefined ? {} : { HOLDFAST_NODE_OPTIONS: nodeOptions }),
  };
  const command = async (verb: string): Promise<void> => {
    const child = spawn(process.execPath, [join(CHECKOUT, 'tools/stack/bin/stack.mjs'), verb], { cwd: CHECKOUT, env, stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`npm run stack -- ${verb} ended with ${code}`);
  };
  await command('up');
  try {
    return { stack: readStack(own), release: () => command('down') };
  } catch (error) {
    await command('down');
    throw error;
  }
}
