import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { LangGraphPlugin, buildWorkflowBundle } from '../src/worker';
import type { research } from './fixtures/plain-workflow';

/** Turns every byte around: enough to see who went past it. */
const turned = (payload: Payload): Payload => ({ metadata: payload.metadata ?? {}, data: (payload.data ?? new Uint8Array()).map((byte) => 255 - byte) });
const codec: PayloadCodec = { encode: async (payloads) => payloads.map(turned), decode: async (payloads) => payloads.map(turned) };

describe('the plugin alone', () => {
  const { TEMPORAL_ADDRESS: address = '', TEMPORAL_NAMESPACE: namespace = '' } = process.env;
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-plugin-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('lets a plain worker, client and replay run a plain graph, with a bundle built before, a build id and a codec', async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const workflowsPath = fileURLToPath(new URL('./fixtures/plain-workflow.ts', import.meta.url));
    const { code, buildId } = await buildWorkflowBundle({ workflowsPath, graphModules: [] });
    const codePath = join(folder, 'workflows.cjs');
    writeFileSync(codePath, code);
    const dataConverter = { payloadCodecs: [codec] };
    const plugin = new LangGraphPlugin({ bundle: { codePath, buildId }, dataConverter });

    const taskQueue = `plugin-test-${randomUUID()}`;
    const native = await NativeConnection.connect({ address, plugins: [plugin] });
    const connection = await Connection.connect({ address });
    const activities = { answer: async (question: string) => `heard ${question}` };
    const worker = await Worker.create({ connection: native, namespace, taskQueue, activities });
    const client = new Client({ connection, namespace, plugins: [plugin] });
    const workflowId = randomUUID();
    const result = await worker.runUntil(async () => {
      const handle = await client.workflow.start<typeof research>('research', { taskQueue, workflowId, args: ['a secret?'] });
      await handle.signal('decided', 'yes');
      return handle.result();
    });
    expect(result).toEqual({ asked: 'is it heard a secret??', answers: ['heard a secret?', 'yes', 'heard heard a secret?,yes'] });

    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    expect(historyToJSON(history)).not.toContain(Buffer.from('"a secret?"').toString('base64'));
    await Worker.runReplayHistory({ plugins: [plugin], replayName: 'plain' }, history);
    // Without a bundle the SDK makes one, by the plugin's rules.
    await Worker.runReplayHistory({ plugins: [new LangGraphPlugin({ dataConverter })], workflowsPath, replayName: 'plain' }, history);
    await expect(Worker.runReplayHistory({ plugins: [new LangGraphPlugin({ bundle: { codePath } })], replayName: 'plain' }, history)).rejects.toThrow();
    await connection.close();
    await native.close();
  }, 180_000);
});
