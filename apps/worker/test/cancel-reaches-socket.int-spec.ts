import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createRequire } from 'node:module';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { BeginRunGo, ModelRequest, ToolRequest } from '@holdfast/agent-runtime/api';
import { ThreadClient } from '@holdfast/agent-runtime/client';
import { LangGraphPlugin, buildWorkflowBundle } from '@holdfast/agent-runtime/worker';
import { type Database, ModelCallsRepository } from '@holdfast/persistence';
import { ToolRouterClient } from '@holdfast/rpc/client';
import { systemContext } from '@holdfast/tenant-context';
import { activityMap } from '../src/activities/activity-map';
import { awaitTask } from '../src/activities/await-task.activity';
import { callActivity } from '../src/activities/call-activity';
import { CallFlights } from '../src/activities/call-flights';
import { createJournalActivities } from '../src/journal/journal.activities';
import { ListedMessages } from '../src/models/listed-messages';
import { ModelCircuits } from '../src/models/model-circuits';
import { callModel } from '../src/models/model.activity';
import { ToolCatalogue } from '../src/tools/tool-catalogue';
import { callTool } from '../src/tools/tool.activity';
import { HEARTBEAT_THROTTLE } from '../src/temporal/heartbeats';
import { env, silent, workerDatabase } from './support';

/** What a cancelled call may take to be gone from the server's socket, milliseconds. */
const LIMIT_MS = 2_000;

/** A server that takes a request and never answers it; says when its connection comes and goes. */
interface HangingServer {
  readonly port: number;
  /** When a request has come, and when its socket (or its stream on one) was closed by the other side. */
  arrived(): Promise<number>;
  closed(): Promise<number>;
  /** The next request is the first one again. */
  reset(): void;
  stop(): void;
}

class Moments {
  #at = new Map<string, PromiseWithResolvers<number>>();
  of(name: string): PromiseWithResolvers<number> {
    const known = this.#at.get(name) ?? Promise.withResolvers<number>();
    this.#at.set(name, known);
    return known;
  }
  note(name: string): void {
    this.of(name).resolve(performance.now());
  }
  reset(): void {
    this.#at = new Map();
  }
}

async function listening(server: Server, moments: Moments): Promise<HangingServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    arrived: () => moments.of('arrived').promise,
    closed: () => moments.of('closed').promise,
    reset: () => moments.reset(),
    stop: () => void server.close(),
  };
}

function hangingModel(): Promise<HangingServer> {
  const moments = new Moments();
  const server = createHttpServer((request) => {
    moments.note('arrived');
    request.socket.once('close', () => moments.note('closed'));
  });
  return listening(server, moments);
}

/** gRPC is HTTP/2: a call is a stream. */
function hangingRouter(): Promise<HangingServer> {
  const moments = new Moments();
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    moments.note('arrived');
    stream.on('error', () => undefined);
    stream.once('close', () => moments.note('closed'));
  });
  return listening(server, moments);
}

type Asked = Pick<BeginRunGo, 'graphId' | 'input' | 'durability'>;

describe('the cancellation of a run', () => {
  const taskQueue = `cancel-${randomUUID()}`;
  const ctx = systemContext(randomUUID(), 'test', randomUUID());
  let model: HangingServer;
  let router: HangingServer;
  let database: Database;
  let threads: ThreadClient;
  let worker: Worker;
  let running: Promise<void>;
  let go: Asked;
  /** The run's end is committed by this worker; otherwise only heartbeats tell of it. */
  let endsHere: boolean;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    [model, router] = await Promise.all([hangingModel(), hangingRouter()]);
    database = workerDatabase();
    const routerClient = new ToolRouterClient({ address: `127.0.0.1:${router.port}`, secret: env('HOLDFAST_INTERNAL_SECRET') });
    const require = createRequire(import.meta.url);
    const { code } = await buildWorkflowBundle({
      workflowsPath: require.resolve('@holdfast/agent-runtime/workflow'),
      graphModules: [require.resolve('@holdfast/graph-definitions/register')],
    });
    const codePath = join(mkdtempSync(join(tmpdir(), 'holdfast-cancel-')), 'workflows.cjs');
    writeFileSync(codePath, code);
    const blobs = { load: async () => new Map<string, string>(), save: async () => undefined };
    const parts = {
      gateway: { baseUrl: `http://127.0.0.1:${model.port}/v1`, apiKey: 'none', model: 'm' },
      limits: { deadlineMs: 60_000, idleMs: 60_000 },
      blobs,
      lists: new ListedMessages(blobs),
      catalogue: new ToolCatalogue({ listTools: async () => ({ tools: [], catalogueVersion: '1', unavailableServers: [] }) }),
      tokens: { push: () => undefined, abandon: () => undefined },
      circuits: new ModelCircuits(),
      ledger: { calls: new ModelCallsRepository(database), owner: 'cancel-test', log: silent },
    };
    const flights = new CallFlights();
    const nothing = () => Promise.reject(new Error('not asked in this test'));
    const journal = createJournalActivities({
      journal: {
        beginRun: async () => ({
          reply: {
            kind: 'go', ...go, config: { recursionLimit: 25, configurable: {}, tags: [] }, context: {}, interruptBefore: null, interruptAfter: null,
            forked: false, called: [], saved: null, step: -1, lastCommit: 0,
          },
          notice: null,
        }),
        commitProgress: async () => ({ kind: 'committed', notice: null }),
        loadThread: nothing,
        commitEdit: nothing,
      },
      tasks: { commitTask: nothing },
      blobs,
      notices: { publish: () => undefined },
      buildId: 'test',
      takesNewRuns: async () => false,
      outcomes: { note: () => undefined },
      log: silent,
      onEnded: (run) => (endsHere ? flights.endRun(run) : undefined),
    });
    const host = { flights, log: silent, random: Math.random, commitProgress: journal.commitProgress };
    const connection = await NativeConnection.connect({ address: env('TEMPORAL_ADDRESS') });
    worker = await Worker.create({
      connection,
      namespace: env('TEMPORAL_NAMESPACE'),
      taskQueue,
      workflowBundle: { codePath },
      plugins: [new LangGraphPlugin()],
      activities: activityMap(
        { ...journal, awaitTask, recordCronFiring: nothing },
        callActivity('model', (request: ModelRequest, scope) => callModel(parts, request, scope), host),
        callActivity('tool', (request: ToolRequest, scope) => callTool({ router: routerClient, blobs }, request, scope), host),
      ),
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
      defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
    });
    running = worker.run();
    const client = await Connection.connect({ address: env('TEMPORAL_ADDRESS') });
    threads = new ThreadClient(new Client({ connection: client, namespace: env('TEMPORAL_NAMESPACE') }), { taskQueue });
    closing.push(() => routerClient.close(), () => client.close(), () => connection.close(), () => database.close(), () => model.stop(), () => router.stop());
  }, 120_000);
  afterAll(async () => {
    worker.shutdown();
    await running;
    for (const close of closing) await close();
  }, 30_000);

  /** As the gateway does it: an Update is refused when something else comes to its workflow task at the same moment. */
  const cancel = async ({ threadId, runId }: { threadId: string; runId: string }, tries = 4): Promise<void> => {
    const asking = threads.cancelRun({ ...ctx, requestId: randomUUID() }, threadId, { runId, action: 'interrupt', reason: 'test' });
    await asking.catch((error: unknown) => {
      if (tries === 1) throw error;
      return cancel({ threadId, runId }, tries - 1);
    });
  };

  const asked = { messages: [{ type: 'human', content: 'Hello', id: 'h' }] };
  const steps = { steps: [{ name: 'one', tool: 'test__slow', args: {} }] };

  it.each<[string, () => HangingServer, Asked, number, boolean]>([
    ['model, in the normal lane', () => model, { graphId: 'react', input: asked, durability: 'sync' }, 3_000, true],
    ['model, just begun in the local lane', () => model, { graphId: 'react', input: asked, durability: 'async' }, 100, true],
    ['model, handed over to the normal lane', () => model, { graphId: 'react', input: asked, durability: 'async' }, 3_000, true],
    ['tool, in the normal lane', () => router, { graphId: 'saga', input: steps, durability: 'sync' }, 3_000, true],
    ['tool, just begun in the local lane', () => router, { graphId: 'saga', input: steps, durability: 'async' }, 100, true],
    ['model, from another worker', () => model, { graphId: 'react', input: asked, durability: 'sync' }, 3_300, false],
    ['tool, from another worker', () => router, { graphId: 'saga', input: steps, durability: 'sync' }, 3_600, false],
  ])('closes the socket of a call to a %s, within 2 s', async (what, server, run, afterMs, here) => {
    go = run;
    endsHere = here;
    server().reset();
    const ids = { threadId: randomUUID(), runId: randomUUID() };
    await threads.deliver({ ...ctx, requestId: randomUUID() }, { ...ids, graphId: run.graphId });
    await server().arrived();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    const cancelledAt = performance.now();
    await cancel(ids);
    const tookMs = (await server().closed()) - cancelledAt;
    process.stdout.write(`${what}: ${Math.round(tookMs)} ms\n`);
    expect(tookMs).toBeGreaterThan(0);
    expect(tookMs).toBeLessThan(LIMIT_MS);
  }, 30_000);
});
