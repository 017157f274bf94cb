import { randomUUID } from 'node:crypto';
import { NativeConnection, Worker } from '@temporalio/worker';
import { type DeploymentState, WorkerDeployments } from '@holdfast/agent-runtime/deployments';
import { env } from './support';

// Who takes runs is kept by the server: only it can show that the one who stands in is told from the one who was chosen.

const namespace = env('TEMPORAL_NAMESPACE');
const deploymentName = `test-${randomUUID()}`;
const taskQueue = `stand-in-${randomUUID()}`;

async function startWorker(connection: NativeConnection, buildId: string): Promise<{ stop(): Promise<void> }> {
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    activities: { nothing: () => Promise.resolve() },
    workerDeploymentOptions: { version: { deploymentName, buildId }, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
  });
  const running = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await running;
    },
  };
}

describe('a build that stands in for another', () => {
  it('is known as that until somebody changes the routing', async () => {
    const connection = await NativeConnection.connect({ address: env('TEMPORAL_ADDRESS') });
    const workers = [await startWorker(connection, 'first'), await startWorker(connection, 'second')];
    try {
      const deployments = new WorkerDeployments(connection, { namespace, identity: 'test', deploymentName });
      const promoted = async (buildId: string, standsInFor?: string): Promise<DeploymentState | undefined> => {
        for (let tries = 0; tries < 100; tries += 1) {
          const state = await deployments.describe();
          const isKnown = state?.versions.some((version) => version.buildId === buildId) ?? false;
          const done = isKnown && state !== undefined && (await deployments.promote(buildId, state, standsInFor).then(() => true, () => false));
          if (done) return deployments.describe();
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
        throw new Error(`${buildId} was not promoted`);
      };
      expect(await promoted('first', 'second')).toMatchObject({ current: 'first', standsInFor: 'second' });
      const after = await promoted('second');
      expect(after).toMatchObject({ current: 'second' });
      expect(after?.standsInFor).toBeUndefined();
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
      await connection.close();
    }
  }, 60_000);
});
