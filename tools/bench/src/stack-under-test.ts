import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const entrySchema = z.object({ name: z.string(), pid: z.number(), port: z.number(), state: z.string() });

/** The running stack, read from its home. */
export interface StackUnderTest {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly tenantId: string;
  readonly temporalAddress: string;
  readonly routerAddress: string;
  readonly internalSecret: string;
  /** Process ids by name. */
  readonly pids: Readonly<Record<string, number>>;
}

/**
 * Reads a home folder.
 * @throws Error when no stack runs there or a process of it is not ready
 */
export function readStack(home: string): StackUnderTest {
  const entries = z.array(entrySchema).parse(JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')));
  const entry = (name: string): z.infer<typeof entrySchema> => {
    const found = entries.find((one) => one.name === name);
    if (found === undefined || found.state !== 'ready') throw new Error(`${name} of ${home} is not ready: npm run stack -- status`);
    return found;
  };
  const variables = Object.fromEntries(
    readFileSync(join(home, 'dev.env'), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const match = /^(\w+)=(.*)$/.exec(line);
        return match === null ? [] : [[match[1], match[2]] as const];
      }),
  );
  const environment = z.object({ HOLDFAST_URL: z.url(), HOLDFAST_API_KEY: z.string() }).parse(variables);
  const secrets = z.object({ internal: z.string() }).parse(JSON.parse(readFileSync(join(home, 'secrets.json'), 'utf8')));
  return {
    apiUrl: environment.HOLDFAST_URL,
    apiKey: environment.HOLDFAST_API_KEY,
    // The router wants a tenant; which one makes no difference to what a call costs.
    tenantId: '0198f1c0-0000-7000-8000-0000000000be',
    temporalAddress: `127.0.0.1:${entry('temporal').port}`,
    routerAddress: `127.0.0.1:${entry('tool-router').port}`,
    internalSecret: secrets.internal,
    pids: Object.fromEntries(entries.filter(({ pid }) => pid > 0).map(({ name, pid }) => [name, pid])),
  };
}
