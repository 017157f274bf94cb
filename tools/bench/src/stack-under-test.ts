import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StackProcess, readStackAddress, readStackProcesses } from '@holdfast/testing';
import { z } from 'zod';

/** The running stack, read from its home. */
export interface StackUnderTest {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly tenantId: string;
  readonly temporalAddress: string;
  readonly routerAddress: string;
  readonly internalSecret: string;
  /** Base URL of the development model, OpenAI protocol; undefined when the stack uses another. */
  readonly modelUrl: string | undefined;
  /** Process ids by name. */
  readonly pids: Readonly<Record<string, number>>;
}

/**
 * Reads a home folder.
 * @throws Error when no stack runs there or a process of it is not ready
 */
export function readStack(home: string): StackUnderTest {
  const entries = readStackProcesses(home);
  const entry = (name: string): StackProcess => {
    const found = entries.find((one) => one.name === name);
    if (found === undefined || found.state !== 'ready') throw new Error(`${name} of ${home} is not ready: npm run stack -- status`);
    return found;
  };
  const { url, apiKey } = readStackAddress(home);
  const model = entries.find(({ name }) => name === 'dev-model');
  const secrets = z.object({ internal: z.string() }).parse(JSON.parse(readFileSync(join(home, 'secrets.json'), 'utf8')));
  return {
    apiUrl: url,
    apiKey,
    // The router wants a tenant; which one makes no difference to what a call costs.
    tenantId: '0198f1c0-0000-7000-8000-0000000000be',
    temporalAddress: `127.0.0.1:${entry('temporal').port}`,
    routerAddress: `127.0.0.1:${entry('tool-router').port}`,
    internalSecret: secrets.internal,
    modelUrl: model === undefined ? undefined : `http://127.0.0.1:${model.port}/v1`,
    pids: Object.fromEntries(entries.filter(({ pid }) => pid > 0).map(({ name, pid }) => [name, pid])),
  };
}
