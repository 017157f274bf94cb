import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const processEntry = z.object({ name: z.string(), pid: z.int(), port: z.int(), state: z.string(), restarts: z.int() });

/** A process of a stack as its supervisor (tools/stack) sees it: pid 0 while it is down, state `ready` while it serves. */
export type StackProcess = z.infer<typeof processEntry>;

/** The processes of the stack of a home folder, now. @throws Error when no stack was ever started there */
export function readStackProcesses(home: string): StackProcess[] {
  return z.array(processEntry).parse(JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')));
}

/** What the stack of a home tells those who use it (`dev.env`). */
export function readStackAddress(home: string): { readonly url: string; readonly apiKey: string } {
  const text = readFileSync(join(home, 'dev.env'), 'utf8');
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  return z.object({ url: z.url(), apiKey: z.string().min(1) }).parse({ url: value('HOLDFAST_URL'), apiKey: value('HOLDFAST_API_KEY') });
}
