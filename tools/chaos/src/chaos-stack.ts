import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT, CountingModel, CountingProcess, WriteToolServer, readStackAddress, runStackCommand } from '@holdfast/testing';
import { z } from 'zod';

/** A stack of our own, with tools and a model that count, in processes that nobody kills. */
export interface ChaosStack {
  readonly home: string;
  /** Base URL of the API. */
  readonly url: string;
  /** Key of the development tenant. */
  readonly apiKey: string;
  /** Owner's connection string. */
  readonly databaseUrl: string;
  readonly tools: WriteToolServer;
  readonly model: CountingModel;
}

/** Thrown when the stack cannot be had; the message says what to do. */
export class NoStackError extends Error {}

const portsFile = z.looseObject({ postgres: z.int() });
const secretsFile = z.looseObject({ owner: z.string() });

/** Starts the stack in `home`, and ends it and everything else whatever happens to `work`. */
export async function withChaosStack<T>(home: string, signal: AbortSignal, work: (stack: ChaosStack) => Promise<T>): Promise<T> {
  const env = { HOLDFAST_HOME: home };
  if ((await runStackCommand('status', env)).code !== 3) {
    throw new NoStackError(`A chaos test of this checkout is under way, or one was killed. End it with: HOLDFAST_HOME='${home}' npm run stack -- down`);
  }
  // what an earlier test left says nothing about this one, and its open runs would take part
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const started: { stop(): Promise<void> }[] = [];
  const kept: Keep = (process) => {
    started.push(process);
    return process;
  };
  try {
    return await withServers(kept, { home, signal, env }, work);
  } finally {
    await Promise.all(started.map((process) => process.stop()));
  }
}

/** Keeps a process until the stack has ended. */
type Keep = <P extends { stop(): Promise<void> }>(process: P) => P;

async function withServers<T>(
  kept: Keep,
  { home, signal, env }: { readonly home: string; readonly signal: AbortSignal; readonly env: Readonly<Record<string, string>> },
  work: (stack: ChaosStack) => Promise<T>,
): Promise<T> {
  const tools = kept(await WriteToolServer.start());
  const answering = kept(await CountingProcess.start(join(CHECKOUT, 'tools/dev-model/src/main.ts'), { env: { HOST: '127.0.0.1', PORT: '0' } }));
  const model = kept(await CountingModel.start(answering.url));
  const catalogue = join(home, 'catalogue.json');
  writeFileSync(catalogue, JSON.stringify(catalogueOf(tools.url)));
  const settings = {
    ...env,
    HOLDFAST_PORT: process.env['HOLDFAST_CHAOS_PORT'] ?? '8103',
    HOLDFAST_GRAPHS: join(CHECKOUT, 'tools/chaos/graphs'),
    HOLDFAST_TOOL_CATALOGUE: `${join(CHECKOUT, 'infra/tools/catalogue.json')},${catalogue}`,
    LLM_GATEWAY_URL: model.url,
    LLM_MODEL: 'holdfast-dev',
    CRON_MIN_INTERVAL_MS: '1000',
  };
  const { code } = await runStackCommand('up', settings, signal);
  if (code !== 0) throw new NoStackError(`npm run stack -- up ended with ${code}; logs: ${join(home, 'logs')}`);
  try {
    return await work({ home, ...readStackAddress(home), tools, model, databaseUrl: databaseUrlOf(home) });
  } finally {
    await runStackCommand('down', env);
  }
}

function databaseUrlOf(home: string): string {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(home, file), 'utf8'));
  const ports = portsFile.parse(read('ports.json'));
  const { owner } = secretsFile.parse(read('secrets.json'));
  return `postgresql://holdfast_owner:${owner}@127.0.0.1:${ports.postgres}/holdfast`;
}

function catalogueOf(url: string): object {
  const tools = Object.fromEntries(['read', 'idempotent', 'compensatable', 'irreversible'].map((effect) => [effect, { effect }]));
  return {
    comment: 'Tools that count their calls, for chaos tests.',
    servers: {
      effects: { transport: { kind: 'streamable-http', url }, isolation: 'shared', timeoutMs: 10_000, concurrency: { calls: 64, queue: 2_000 }, tools },
    },
    grants: [],
  };
}
