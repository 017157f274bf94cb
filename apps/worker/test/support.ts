import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CallRef } from '@holdfast/agent-runtime/api';
import { createDatabase, type Database } from '@holdfast/persistence';
import { systemContext, type TenantContext } from '@holdfast/tenant-context';
import type { CallScope } from '../src/activities/call-scope';

/** A variable of the test environment. */
export function env(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run these tests through npm test`);
  return value;
}

/** A logger that keeps quiet. */
export const silent = { debug: (): void => undefined, info: (): void => undefined, warn: (): void => undefined, error: (): void => undefined };

/** The worker's way into the database. */
export function workerDatabase(): Database {
  return createDatabase({ url: env('DATABASE_URL_WORKER'), maxConnections: 4, applicationName: 'worker-int-test' });
}

/** A run of a tenant of its own, and the scope of a call in it. */
export function aCall(changes: Partial<CallRef> = {}, signal: AbortSignal = new AbortController().signal): { ref: CallRef; scope: CallScope; ctx: TenantContext } {
  const runId = randomUUID();
  const run = { tenantId: randomUUID(), threadId: randomUUID(), runId, originRunId: runId };
  const ref: CallRef = { ...run, graphId: 'g', node: 'execute', ns: [], callId: '0123456789abcdef-0', ...changes };
  const ctx = systemContext(ref.tenantId, 'run', ref.runId);
  return { ref, ctx, scope: { ctx, signal, attempt: 1, timeoutMs: 60_000 } };
}

/** The development model in a process of its own, as `npm start` runs it. */
export class DevModelProcess {
  private constructor(
    readonly baseUrl: string,
    private readonly child: ChildProcess,
  ) {}

  /** Starts it on a free port. */
  static async start(): Promise<DevModelProcess> {
    const main = fileURLToPath(new URL('../../../tools/dev-model/src/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'], PORT: '0', HOST: '127.0.0.1' }, stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /http:\/\/\S+/.exec(line)?.[0];
      if (url !== undefined) return new DevModelProcess(url, child);
    }
    throw new Error('the development model ended before it listened');
  }

  /** Ends it. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await gone;
  }
}
