import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { buildWorkflowBundle } from '@holdfast/agent-runtime/worker';
import { RunStarterClient } from '@holdfast/rpc/client';
import { systemContext } from '@holdfast/tenant-context';
import { AppProcess, bundleForTest, eventually, freePort } from '@holdfast/testing';
import { env } from './support';

const secret = env('HOLDFAST_INTERNAL_SECRET');
const ctx = systemContext(randomUUID(), 'test', randomUUID());
const aRun = () => ({ threadId: randomUUID(), runId: randomUUID(), deliveryId: randomUUID(), graphId: 'any' });
const started: AppProcess[] = [];
const clients: RunStarterClient[] = [];
let fixture: string;
let workflows: string;
let temporal: Client;

beforeAll(async () => {
  const project = join(import.meta.dirname, '..');
  ({ 'test/fixtures/run-starter.process': fixture } = await bundleForTest(project, 'test/fixtures/run-starter.process'));
  workflows = join(mkdtempSync(join(tmpdir(), 'holdfast-run-starter-')), 'workflows.cjs');
  writeFileSync(workflows, (await buildWorkflowBundle({ workflowsPath: createRequire(import.meta.url).resolve('@holdfast/agent-runtime/workflow'), graphModules: [] })).code);
  temporal = new Client({ connection: await Connection.connect({ address: env('TEMPORAL_ADDRESS') }), namespace: env('TEMPORAL_NAMESPACE') });
}, 120_000);
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(started.splice(0).map((app) => app.end('SIGKILL')));
});
afterAll(() => temporal.connection.close());

async function aWorker(taskQueue: string, more: Record<string, string> = {}): Promise<{ app: AppProcess; client: RunStarterClient; address: string }> {
  const port = String(await freePort());
  const address = `127.0.0.1:${port}`;
  const app = AppProcess.start(fixture, {
    TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS'),
    TEMPORAL_NAMESPACE: env('TEMPORAL_NAMESPACE'),
    HOLDFAST_INTERNAL_SECRET: secret,
    HOLDFAST_PROTO_DIR: join(import.meta.dirname, '../../../libs/rpc/proto'),
    TASK_QUEUE: taskQueue,
    WORKFLOW_BUNDLE: workflows,
    GRPC_PORT: port,
    BEGIN_DELAY_MS: '0',
    ...more,
  });
  started.push(app);
  const client = new RunStarterClient({ address, secret });
  clients.push(client);
  await app.said('the temporal worker is running');
  await client.waitForReady(10_000);
  return { app, client, address };
}

it('starts runs that begin in the worker that was asked, and refuses who is none of ours', async () => {
  const { app, client, address } = await aWorker(`run-starter-${randomUUID()}`);
  const run = aRun();
  expect(await client.deliver(ctx, run)).toBe('eager');
  await app.said(`begun ${run.runId}`);
  await expect(client.deliver(ctx, { ...run, runId: 'x' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  const stranger = new RunStarterClient({ address, secret: 'a secret that is not ours' });
  clients.push(stranger);
  await expect(stranger.deliver(ctx, run)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
}, 60_000);

it('loses no run when it is killed after it said that it had delivered', async () => {
  const taskQueue = `run-starter-${randomUUID()}`;
  const { app, client } = await aWorker(taskQueue, { BEGIN_DELAY_MS: '60000' });
  const runs = Array.from({ length: 5 }, aRun);
  for (const run of runs) expect(await client.deliver(ctx, run)).toBe('eager');
  await app.end('SIGKILL');
  await expect(client.deliver(ctx, aRun())).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
  const { app: other } = await aWorker(taskQueue);
  // the server gives up the tasks that it handed out with the starts after their ten seconds
  for (const run of runs) await eventually('the run has begun', () => other.messages.includes(`begun ${run.runId}`), 30_000);
}, 90_000);

it('starts for every worker, and not for itself, what is not meant for its version', async () => {
  const taskQueue = `run-starter-${randomUUID()}`;
  const makeCurrent = (buildId: string) =>
    eventually('the version is known', () =>
      temporal.workflowService
        .setWorkerDeploymentCurrentVersion({ namespace: env('TEMPORAL_NAMESPACE'), deploymentName: taskQueue, buildId, identity: 'test' })
        .then(() => true, () => false),
    );
  const one = await aWorker(taskQueue, { BUILD_ID: 'one' });
  await makeCurrent('one');
  const two = await aWorker(taskQueue, { BUILD_ID: 'two' });
  const [first, second] = [aRun(), aRun()];
  expect(await one.client.deliver(ctx, first)).toBe('eager');
  expect(await two.client.deliver(ctx, second)).toBe('started');
  for (const run of [first, second]) await one.app.said(`begun ${run.runId}`);
  await makeCurrent('two');
  const third = aRun();
  await eventually('the new version starts its own', async () => (await two.client.deliver(ctx, aRun())) === 'eager');
  expect(await two.client.deliver(ctx, third)).toBe('eager');
  await two.app.said(`begun ${third.runId}`);
}, 90_000);
