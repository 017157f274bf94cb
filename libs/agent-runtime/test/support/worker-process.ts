/*
 * A worker in a process of its own, so that tests can kill it. Runs by Node's type stripping; asks its parent for everything that
 * must outlive it.
 */
import type { MessageDto } from '@holdfast/contracts/messages';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { callKindOf } from '../../src/api/calls.ts';
import { RUN_FENCED } from '../../src/api/activities.ts';
import type { CallRef, LocalErrand, ModelRequest, ToolRequest } from '../../src/api/calls.ts';
import { LangGraphPlugin } from '../../src/worker/plugin.ts';
import type { CallAtPoint, CallPoint } from './call-points.ts';
import { modelReply, toolReply } from './catalogue-conversations.ts';

const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEST_TASK_QUEUE, TEST_BUNDLE, TEST_CACHE, TEST_COMMIT_DELAY_MS, TEST_CALL_DELAY_MS, TEST_POINTS } = process.env;
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

/** Await points of a call: whoever started this worker may let it stand at one of them, to kill it there. */
async function point(ref: CallRef, name: CallPoint): Promise<void> {
  if (TEST_POINTS === '1') await ask('point', { runId: ref.runId, node: ref.node, name } satisfies CallAtPoint);
}

/** The ledger's rule: a call that has finished is not made again. */
async function once<A>(ref: CallRef, args: object, make: () => Promise<A>): Promise<A> {
  const key = `${ref.originRunId}/${ref.callId}`;
  await point(ref, 'before-claim');
  const found = (await ask('claim', key)) as A | null;
  if (found !== null) return found;
  await point(ref, 'after-claim');
  const { activityType, attempt, isLocal } = Context.current().info;
  await ask('effect', { runId: ref.runId, activityType, callId: ref.callId, attempt, lane: isLocal ? 'local' : 'normal', args });
  await point(ref, 'request-sent');
  await new Promise((resolve) => setTimeout(resolve, Math.random() * Number(TEST_CALL_DELAY_MS ?? 0)));
  const reply = await make();
  await point(ref, 'answer-received');
  await ask('finish', { key, reply });
  await point(ref, 'outcome-stored');
  return reply;
}

function unsure(request: ToolRequest): unknown {
  const { message, outcome } = toolReply(request);
  return { message: { ...message, content: 'Nobody knows.', status: 'error' }, outcome: { ...outcome, status: 'error', code: 'TOOL_OUTCOME_UNKNOWN' } };
}

/** What the ledger says of a call that was made: of one tool nobody heard the end, of the others it knows nothing. */
function settle(request: ToolRequest): unknown {
  if (request.name === 'test__lost') return unsure(request);
  throw ApplicationFailure.nonRetryable('nothing is known', 'NOT_FOUND');
}

async function runTool(request: ToolRequest): Promise<unknown> {
  if (request.settleOnly === true) return settle(request);
  const { ref, name, args, toolCallId } = request;
  return once(ref, args, async () => {
    const { isLocal } = Context.current().info;
    if (name === 'test__boom') throw ApplicationFailure.create({ type: 'TOOL_FAILED', message: 'boom', nonRetryable: true });
    if (name === 'test__busy' && isLocal) throw ApplicationFailure.create({ type: 'TOOL_BUSY', message: 'not now' });
    if (name === 'test__down') throw ApplicationFailure.create({ type: 'TOOL_UNAVAILABLE', message: 'down', nextRetryDelay: 100 });
    if (name === 'test__lost') throw ApplicationFailure.create({ type: 'TOOL_ROUTER_UNAVAILABLE', message: 'lost', nextRetryDelay: 100 });
    if (name === 'test__hang') await hang();
    if (typeof args['delay_ms'] === 'number') await new Promise((resolve) => setTimeout(resolve, args['delay_ms'] as number));
    if (name === 'test__slow') await new Promise((resolve) => setTimeout(resolve, 3_000));
    if (name === 'test__unsure' && (await ask('count', `${ref.originRunId}/${toolCallId}`)) === 1) return unsure(request);
    return toolReply(request);
  });
}

async function hang(): Promise<void> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 100);
  try {
    await context.cancelled;
  } finally {
    clearInterval(beat);
    await ask('effect', { runId: 'cancelled', activityType: context.info.activityType, callId: '', attempt: 0, lane: 'normal', args: {} });
  }
}

function runModel(request: ModelRequest): Promise<unknown> {
  const { ref, messages, lists = [] } = request;
  return once(ref, { messages: messages.length, lists: lists.length }, async () => {
    const turn = Number(await ask('count', `${ref.originRunId}/${ref.node}`)) - 1;
    return modelReply({ ...request, messages: await whole(request) }, turn);
  });
}

/** All messages of a call: which of them it refers to depends on what was stored by then. */
async function whole({ messages, lists = [] }: ModelRequest): Promise<MessageDto[]> {
  const texts = (lists.length === 0 ? [] : await ask('textsOf', lists.map(({ $list }) => $list))) as string[];
  const all: MessageDto[] = [];
  let from = 0;
  for (const [i, { at }] of lists.entries()) {
    all.push(...messages.slice(from, at), ...(JSON.parse(texts[i]!) as MessageDto[]));
    from = at;
  }
  return [...all, ...messages.slice(from)];
}

/** What a worker does with calls: see `LocalAnswer`. A call that hangs is handed over at once here, so that tests need not wait. */
async function call({ commit, ...request }: (ModelRequest | ToolRequest) & LocalErrand): Promise<unknown> {
  if (commit === undefined) return callAlone(request);
  const committed = activities.commitProgress(commit).then(
    () => ({ committed: true }),
    () => ({}),
  );
  try {
    return { ...((await callAlone(request)) as object), ...(await committed) };
  } finally {
    await committed;
  }
}

async function callAlone(request: ModelRequest | ToolRequest): Promise<unknown> {
  const { activityType, isLocal } = Context.current().info;
  const begun = performance.now();
  if (isLocal && 'name' in request && request.name === 'test__hang') return { handedOver: true };
  const answer = await (callKindOf(activityType) === 'model' ? runModel(request as ModelRequest) : runTool(request as ToolRequest));
  await point(request.ref, 'before-completion');
  // Where calls stand still, time says nothing, and must not choose the lane of the next call.
  return isLocal ? { answer, ms: TEST_POINTS === '1' ? 0 : Math.round(performance.now() - begun) } : answer;
}

async function awaitTask(workflowId: string): Promise<unknown> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 100);
  try {
    return await context.client.workflow.getHandle(workflowId).result();
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    throw cause instanceof ApplicationFailure ? cause : ApplicationFailure.nonRetryable('cancelled', 'RUN_CANCELLED');
  } finally {
    clearInterval(beat);
  }
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
  commitTask: async (batch: unknown) => {
    if ((await ask('commitTask', batch)) === false) throw ApplicationFailure.create({ type: RUN_FENCED, message: 'fenced', nonRetryable: true });
  },
  recordCronFiring: async () => undefined,
  awaitTask: ({ workflowId }: { workflowId: string }) => awaitTask(workflowId),
  default: (request: unknown) => call(request as ModelRequest | ToolRequest),
};

Runtime.install({ logger: new DefaultLogger('ERROR') });
const plugin = new LangGraphPlugin({ bundle: { codePath: TEST_BUNDLE! } });
const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS!, plugins: [plugin] });
const worker = await Worker.create({
  connection,
  namespace: TEMPORAL_NAMESPACE!,
  taskQueue: TEST_TASK_QUEUE!,
  activities,
  maxCachedWorkflows: Number(TEST_CACHE ?? 100),
  maxConcurrentWorkflowTaskExecutions: 100,
  maxConcurrentLocalActivityExecutions: 200,
  maxConcurrentActivityTaskExecutions: 200,
  maxHeartbeatThrottleInterval: '500ms',
  defaultHeartbeatThrottleInterval: '500ms',
  stickyQueueScheduleToStartTimeout: '1s',
});
process.send?.({ ready: true });
process.on('SIGTERM', () => worker.shutdown());
await worker.run();
await connection.close();
process.exit(0);
