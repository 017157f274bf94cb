import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolCallsRepository, createDatabase, type Database } from '@holdfast/persistence';
import { eventually, freePort } from '@holdfast/testing';
import { CuttableProxy, RecordingServer, need } from './fixtures';
import { RouterUnderTest } from './router-under-test';

/** A router between four tool servers (real ones, one that notes what it is told, one that is not there) and a PostgreSQL that can be cut off. */
export class Scene {
  private constructor(
    /** The folder that the files server may read; holds hello.txt. */
    readonly root: string,
    readonly recording: RecordingServer,
    /** Stands before the router's PostgreSQL; {@link records} goes past it. */
    readonly database: CuttableProxy,
    readonly router: RouterUnderTest,
    private readonly tables: Database,
  ) {}

  /** Resolves when every server but the dead one is connected. */
  static async start(): Promise<Scene> {
    const root = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
    writeFileSync(join(root, 'hello.txt'), 'hello from disk');
    const recording = await RecordingServer.start();
    const url = new URL(need('DATABASE_URL_TOOLS'));
    const tables = createDatabase({ url: url.href, maxConnections: 2, applicationName: 'tool-router-test' });
    const database = await CuttableProxy.before(url.hostname, Number(url.port));
    url.port = String(database.port);
    const catalogue = catalogueOf(recording.url, `http://127.0.0.1:${await freePort()}/mcp`);
    const router = await RouterUnderTest.start(catalogue, { DATABASE_URL: url.href, ROOT: root, EVERYTHING_MCP_URL: need('EVERYTHING_MCP_URL') });
    await eventually('all servers but the dead one are connected', async () => {
      const { servers } = JSON.parse((await router.http('/readyz/tool-servers')).body) as { servers: { status: string }[] };
      return servers.filter(({ status }) => status === 'ready').length === 3;
    });
    return new Scene(root, recording, database, router, tables);
  }

  /** What the router wrote down. */
  get records(): ToolCallsRepository {
    return new ToolCallsRepository(this.tables);
  }

  async stop(): Promise<void> {
    await this.router.stop();
    await this.tables.close();
    this.database.close();
    this.recording.close();
    rmSync(this.root, { recursive: true });
  }
}

function catalogueOf(recordingUrl: string, deadUrl: string): object {
  // Not what any test measures: 200 calls at once take long on a busy machine.
  const http = { isolation: 'shared', timeoutMs: 30_000 };
  return {
    servers: {
      files: {
        transport: { kind: 'node-package', package: '@modelcontextprotocol/server-filesystem', entry: 'dist/index.js', args: ['${ROOT}'] },
        isolation: 'shared',
        denyArguments: { path: ['secret'] },
        tools: { read_text_file: { effect: 'read' }, list_directory: { effect: 'read' }, no_such: { effect: 'read' } },
      },
      everything: {
        ...http,
        transport: { kind: 'streamable-http', url: '${EVERYTHING_MCP_URL}' },
        tools: { echo: { effect: 'read' }, 'get-sum': { effect: 'read', cache: { ttlSeconds: 60 } }, 'trigger-long-running-operation': { effect: 'read', timeoutMs: 60_000 } },
      },
      recording: {
        ...http,
        transport: { kind: 'streamable-http', url: recordingUrl },
        tools: { read: { effect: 'read', timeoutMs: 1_000 }, pay: { effect: 'irreversible', timeoutMs: 1_000 }, kept: { effect: 'read', cache: { ttlSeconds: 60 } } },
      },
      dead: {
        ...http,
        transport: { kind: 'streamable-http', url: deadUrl },
        breaker: { failures: 2, openMs: 60_000 },
        tools: { anything: { effect: 'read' } },
      },
    },
    grants: [
      { effect: 'allow', roles: ['developer'], tools: ['*'] },
      { effect: 'allow', roles: ['reader'], tools: ['files/*'] },
    ],
  };
}
