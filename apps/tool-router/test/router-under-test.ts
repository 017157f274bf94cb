import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolRouterClient } from '@holdfast/rpc';
import type { TenantContext } from '@holdfast/tenant-context';
import type { RunningApp } from '@holdfast/nest-kit';
import { freePort } from '@holdfast/testing';
import { loadConfig } from '../src/config';
import { startToolRouter } from '../src/start';
import { need } from './fixtures';

/** A context of the test's own tenant. */
export function aContext(over: Partial<TenantContext> = {}): TenantContext {
  return { tenantId: randomUUID(), principalId: 'test', roles: ['developer'], requestId: randomUUID(), ...over };
}

/** A call of a run of its own. */
export function aCall(name: string, args: Record<string, unknown> = {}, callId = randomUUID()) {
  return { runId: randomUUID(), threadId: randomUUID(), callId, name, args };
}

/** The whole app in this process, with a client. */
export class RouterUnderTest {
  private constructor(
    readonly app: RunningApp,
    readonly client: ToolRouterClient,
    readonly address: string,
    private readonly folder: string,
  ) {}

  static async start(catalogue: object, environment: Record<string, string> = {}): Promise<RouterUnderTest> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-router-'));
    const file = join(folder, 'catalogue.json');
    writeFileSync(file, JSON.stringify(catalogue));
    const port = await freePort();
    const config = loadConfig({
      HOST: '127.0.0.1',
      GRPC_PORT: String(port),
      HEALTH_PORT: '0',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'fatal',
      HOLDFAST_INTERNAL_SECRET: need('HOLDFAST_INTERNAL_SECRET'),
      DATABASE_URL: need('DATABASE_URL_TOOLS'),
      REDIS_URL: need('REDIS_URL'),
      HOLDFAST_TOOL_CATALOGUE: file,
      ...environment,
    });
    const app = await startToolRouter(config, { handleSignals: false });
    const address = `127.0.0.1:${port}`;
    const client = new ToolRouterClient({ address, secret: need('HOLDFAST_INTERNAL_SECRET') });
    return new RouterUnderTest(app, client, address, folder);
  }

  /** Path and status of a health answer. */
  async http(path: string): Promise<{ status: number; body: string }> {
    const response = await fetch(`${this.app.url}${path}`);
    return { status: response.status, body: await response.text() };
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.app.close();
    rmSync(this.folder, { recursive: true });
  }
}
