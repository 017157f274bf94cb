/*
 * A worker in a process of its own, so that tests can kill it. Runs by Node's type stripping; asks its parent for everything that
 * must outlive it.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { callKindOf } from '../../src/api/calls.ts';
import { RUN_FENCED } from '../../src/api/activities.ts';
import type { ModelRequest, ToolRequest } from '../../src/api/calls.ts';
import { LangGraphPlugin } from '../../src/worker/plugin.ts';

const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEST_TASK_QUEUE, TEST_BUNDLE, TEST_CACHE, TEST_COMMIT_DELAY_MS } = process.env;
const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
let nextId = 0;

process.on('message', (message) => {
  const { id, result, error } = message as { id: number; result?: unknown; error?: string };
  const call = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) call?.resolve(result);
  else call?.reject(new Error(error));
});
process.on('disconnect', () => process.exit(1));

function ask(method: string, argument: unknown): Promise<unknown> {
  const id = nextId++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    process.send?.({ id, method, argument });
  });
}

async function runTool({ ref, name, args, toolCallId }: ToolRequest): Promise<unknown> {
  const { activityType, attempt } = Context.current().info;
  await ask('effect', { runId: ref.runId, activityType, callIndex: ref.callIndex, attempt, args });
  if (name === 'test__boom') throw ApplicationFailure.create({ type: 'TOOL_FAILED', message: 'boom', nonRetryable: true });
  if (name === 'test__hang') await hang();
  const text = `Echo: ${String(args['message'])}`;
  return {
    message: { type: 'tool', id: `tool-${ref.runId}-${toolCallId}`, tool_call_id: toolCallId, name, content: text, status: 'success' },
    outcome: { status: 'ok', server: 'everything', tool: 'echo', effect: 'read', duration_ms: 1, bytes: text.length, truncated: false, arguments_sha256: '0' },
  };
}

async function hang(): Promise<void> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 100);
  try {
    await context.cancelled;
  } finally {
    clearInterval(beat);
    await ask('effect', { runId: 'cancelled', activityType: context.info.activityType, callIndex: 0, attempt: 0, args: {} });
  }
}

async function runModel({ ref, messages }: ModelRequest): Promise<unknown> {
  const { activityType, attempt } = Context.current().info;
  await ask('effect', { runId: ref.runId, activityType, callIndex: ref.callIndex, attempt, args: { messages: messages.length } });
  return { message: { type: 'ai', id: `run-${ref.runId}-${ref.callIndex}`, content: `heard ${messages.length}` }, model: 'test' };
}

const activities = {
  beginRun: (request: unknown) => ask('beginRun', request),
  commitProgress: async (batch: unknown) => {
    // A slow journal lets answers of calls and of commits arrive in every order, also beyond a workflow task (10 s).
    await new Promise((resolve) => setTimeout(resolve, Math.random() * Number(TEST_COMMIT_DELAY_MS ?? 0)));
    if ((await ask('commitProgress', batch)) === false) throw ApplicationFailure.create({ type: RUN_FENCED, message: 'fenced', nonRetryable: true });
  },
  loadThread: (request: unknown) => ask('loadThread', request),
  commitEdit: (request: unknown) => ask('commitEdit', request),
  default: (request: unknown) =>
    callKindOf(Context.current().info.activityType) === 'model' ? runModel(request as ModelRequest) : runTool(request as ToolRequest),
};

Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS! });
const worker = await Worker.create({
  connection,
  namespace: TEMPORAL_NAMESPACE!,
  taskQueue: TEST_TASK_QUEUE!,
  workflowBundle: { codePath: TEST_BUNDLE! },
  activities,
  plugins: [new LangGraphPlugin()],
  maxCachedWorkflows: Number(TEST_CACHE ?? 100),
  maxHeartbeatThrottleInterval: '500ms',
  defaultHeartbeatThrottleInterval: '500ms',
  stickyQueueScheduleToStartTimeout: '1s',
});
process.send?.({ ready: true });
process.on('SIGTERM', () => worker.shutdown());
await worker.run();
await connection.close();
process.exit(0);
