import { createRequire } from 'node:module';
import type { WorkerOptions } from '@temporalio/worker';
import { LangGraphPlugin } from './plugin';

const threads = createRequire(import.meta.url)('node:worker_threads') as typeof import('node:worker_threads');
const plain = threads.Worker;
afterEach(() => {
  threads.Worker = plain;
});

const bundle = { codePath: '/bundle.cjs', buildId: 'b1' };
const dataConverter = { payloadCodecs: [] };

describe('the plugin', () => {
  it('gives worker and replay the bundle, and client, worker and replay the same data converter', () => {
    const plugin = new LangGraphPlugin({ bundle, deploymentName: 'agents', dataConverter });
    const version = { deploymentName: 'agents', buildId: 'b1' };
    const worker: WorkerOptions = plugin.configureWorker({ taskQueue: 'q' });
    expect(worker).toMatchObject({ taskQueue: 'q', workflowBundle: { codePath: '/bundle.cjs' }, reuseV8Context: true, workflowThreadPoolSize: 1, dataConverter });
    expect(worker.workerDeploymentOptions).toEqual({ version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' });
    expect(plugin.configureReplayWorker({})).toEqual({ workflowBundle: { codePath: '/bundle.cjs' }, reuseV8Context: true, dataConverter });
    expect(plugin.configureClient({ namespace: 'n' })).toEqual({ namespace: 'n', dataConverter });
    expect(threads.Worker).not.toBe(plain);
  });

  it('leaves alone what worker and client say themselves', () => {
    const plugin = new LangGraphPlugin({ bundle, deploymentName: 'agents', dataConverter });
    const own = { workflowsPath: '/own.ts', workflowThreadPoolSize: 2, workerDeploymentOptions: { version: { deploymentName: 'o', buildId: 'o' }, useWorkerVersioning: false } } as const;
    expect(plugin.configureWorker({ taskQueue: 'q', ...own })).toMatchObject(own);
    expect(plugin.configureWorker({ taskQueue: 'q', ...own })).not.toHaveProperty('workflowBundle');
    const payloadCodecs = [{ encode: async () => [], decode: async () => [] }];
    expect(plugin.configureClient({ dataConverter: { payloadCodecs } }).dataConverter).toEqual({ payloadCodecs });
  });

  it('adds nothing that it was not given', () => {
    expect(new LangGraphPlugin().configureClient({})).toEqual({});
    expect(new LangGraphPlugin().configureReplayWorker({})).toEqual({ reuseV8Context: true });
    expect(() => new LangGraphPlugin({ deploymentName: 'agents' })).toThrow(/build id/);
  });
});
