/**
 * Records histories of real runs of this very build and adds them to `histories/`: `npm run histories:record`, with TEMPORAL_ADDRESS and
 * TEMPORAL_NAMESPACE naming a server. What earlier builds left stays as it is; a build that is there already is refused.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CRON_WORKFLOW_TYPE, ThreadSignal } from '../src/api';
import { type RecordedHistory, addBuild, folderOf, replayHistories } from '../src/replay';
import { CATALOGUE_CONVERSATIONS } from './support/catalogue-conversations';
import { testBundle } from './support/test-bundle';
import { TestRuntime } from './support/test-runtime';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const corpus = at('../histories');
const { version } = JSON.parse(await readFile(at('../package.json'), 'utf8')) as { version: string };
// as the SDK's worker names its build
const buildId = createHash('sha256').update(await readFile(await testBundle(), 'utf8')).digest('hex');
const build = { version, buildId, recordedAt: new Date().toISOString() };
if (existsSync(join(corpus, folderOf(build)))) {
  process.stderr.write(`${folderOf(build)} has been recorded\n`);
  process.exit(1);
}

const runtime = new TestRuntime();
const recorded: RecordedHistory[] = [];

async function record(name: string, workflowId: string, runId?: string): Promise<void> {
  recorded.push(await runtime.historyOf(name, workflowId, runId));
}

type StartedRun = Awaited<ReturnType<TestRuntime['start']>>;

/** Runs one after the other on one thread; each ends before the next begins. */
async function sequence(name: string, ...runs: Parameters<TestRuntime['start']>[0][]): Promise<StartedRun[]> {
  const threadId = randomUUID();
  const started: StartedRun[] = [];
  for (const [i, run] of runs.entries()) {
    const begun = await runtime.start({ ...run, threadId });
    await runtime.journal.ended(begun.runId);
    await record(runs.length === 1 ? name : `${name}-${i + 1}`, begun.workflowId);
    started.push(begun);
  }
  return started;
}

/** Of the sub-agents of runs. */
async function recordTasks(name: string, ...runs: StartedRun[]): Promise<void> {
  const made = runs.flatMap(({ runId, workflowId }) =>
    runtime.journal.taskBatches.filter((batch) => batch.runId === runId).map(({ taskId }) => `${workflowId}/run/${runId}/task/${taskId}`),
  );
  for (const [i, task] of [...new Set(made)].sort().entries()) {
    await runtime.temporal.workflow.getHandle(task).result().catch(() => undefined);
    await record(`${name}-task-${i + 1}`, task, (await runtime.temporal.workflow.getHandle(task).describe()).runId);
  }
}

/** Every execution of a workflow that continued as new. */
async function recordExecutions(name: string, run: StartedRun): Promise<void> {
  await runtime.temporal.workflow.getHandle(run.workflowId).result();
  for (const [i, history] of (await runtime.historiesOf(run)).entries()) recorded.push({ ...history, name: `${name}-${i + 1}` });
}

const calls = ({ runId }: StartedRun): number => runtime.journal.effects.filter((effect) => effect.runId === runId).length;

// Another version of its graph leaves this run waiting; who answers it has migrated its state.
const older = runtime.worker(runtime.journal, await testBundle('moving-first'));
await older.start();
const moving = await runtime.start({ graphId: 'moving', input: {} });
let asked = Object.values((await runtime.journal.ended(moving.runId)).interrupts ?? {}).flat();
await runtime.temporal.workflow.getHandle(moving.workflowId).result();
await older.stop();

const worker = runtime.worker(runtime.journal);
await worker.start();

for (let answers = 1; answers <= 2; answers += 1) {
  const answered = await runtime.start({ graphId: 'moving', threadId: moving.threadId, command: { resume: { [asked[0]!.id!]: 'yes' } } });
  asked = Object.values((await runtime.journal.ended(answered.runId)).interrupts ?? {}).flat();
  await record(`migrated-${answers}`, answered.workflowId);
}

const lines = { input: { input: 'x' } };
const question = { messages: [{ role: 'user', content: 'What is there?' }] };
await sequence('linear', { graphId: 'linear', ...lines });
await sequence('pure-nodes', { graphId: 'pure', ...lines });
await sequence('custom-events', { graphId: 'custom', ...lines });
await sequence('conversation', { graphId: 'talk', input: question }, { graphId: 'talk', input: question });
await sequence('interrupt-and-send', { graphId: 'approve', input: { draft: '' } }, { graphId: 'approve', command: { resume: 'yes' } });
await sequence('interrupt-in-subgraph', { graphId: 'nested', input: { draft: '' } }, { graphId: 'nested', command: { resume: 'no' } });
await sequence('breakpoints', { graphId: 'linear', ...lines, interruptBefore: ['b'] }, { graphId: 'linear', interruptAfter: ['b'] });
await sequence('graph-error', { graphId: 'failing', ...lines });
await sequence('call-error-beside-a-call', { graphId: 'half', ...lines });
await sequence('recursion-limit', { graphId: 'loop', input: { limit: 50 }, recursionLimit: 5 });
await sequence('plan-execute-review', { graphId: 'plan-execute-review', input: question });
await sequence('three-calls', { graphId: 'three-calls', input: { input: 'x' } });
await sequence('normal-lane', { graphId: 'three-calls', input: { input: 'x' }, durability: 'sync' });
await sequence('both-lanes', { graphId: 'lanes', ...lines });
await sequence('lane-changed-after-failure', { graphId: 'busy', ...lines });
await sequence('calls-beside-each-other', { graphId: 'fan', ...lines });
await sequence('joined-commits', { graphId: 'linear', ...lines });
await sequence('joined-commits-beside-each-other', { graphId: 'fan', ...lines });
await sequence('joined-commits-conversation', { graphId: 'react', input: question });
await sequence('long-row-of-local-calls', { graphId: 'loop', input: { limit: 70 } });
await sequence('question-between-calls', { graphId: 'ask-between', ...lines }, { graphId: 'ask-between', command: { resume: 'yes' } });
await sequence('unknown-outcome', { graphId: 'unsure', input: question }, { graphId: 'unsure', command: { resume: { decision: 'happened' } } }, { graphId: 'unsure', command: { resume: { decision: 'repeat' } } });

const agents = { tasks: [{ graph: 'linear', input: { input: 'x' } }, { graph: 'slow', input: { input: 'x' }, budget: { seconds: 1 }, catches: true }] };
const boss = await runtime.start({ graphId: 'boss', input: { tasks: [...agents.tasks, { graph: 'boss', input: agents, budget: { calls: 50 } }] } });
await runtime.journal.ended(boss.runId);
await record('sub-agents', boss.workflowId);
await recordTasks('sub-agents', boss);

for (const [graphId, turns] of Object.entries(CATALOGUE_CONVERSATIONS)) {
  const conversation = await sequence(`catalogue-${graphId}`, ...turns.map((turn) => ({ graphId, ...turn })));
  await recordTasks(`catalogue-${graphId}`, ...conversation);
}

const steered = await runtime.start({ graphId: 'chatter', input: { messages: [] }, durability: 'sync' });
await runtime.journal.until('two calls', () => calls(steered) === 2);
const command = { commandId: randomUUID(), runId: steered.runId, values: { messages: [{ role: 'user', content: 'Hurry.' }] } };
await runtime.threads.injectInput(runtime.ctx, steered.threadId, command, 10_000);
await record('input-injected', steered.workflowId);

const paused = await runtime.start({ graphId: 'chatter', input: { messages: [] }, durability: 'sync' });
await runtime.journal.until('two calls', () => calls(paused) === 2);
await runtime.threads.pauseRun(runtime.ctx, paused.threadId, { commandId: randomUUID(), runId: paused.runId, by: 'recorder' }, 10_000);
await runtime.temporal.workflow.getHandle(paused.workflowId).signal(ThreadSignal.drain);
await runtime.journal.until('the next execution', () => runtime.journal.run(paused.runId).begun.length === 2);
await runtime.threads.resumeRun(runtime.ctx, paused.threadId, { commandId: randomUUID(), runId: paused.runId, by: 'recorder' }, 10_000);
await runtime.journal.ended(paused.runId);
await recordExecutions('paused-and-moved', paused);

const moved = await runtime.start({ graphId: 'loop', input: { limit: 30 }, durability: 'sync' });
await runtime.journal.until('some progress', () => calls(moved) > 3);
await runtime.temporal.workflow.getHandle(moved.workflowId).signal(ThreadSignal.drain);
await runtime.journal.ended(moved.runId);
await recordExecutions('moved', moved);

const cronId = randomUUID();
const cron = await runtime.temporal.schedule.create({
  scheduleId: cronId,
  spec: {},
  action: { type: 'startWorkflow', workflowType: CRON_WORKFLOW_TYPE, workflowId: cronId, taskQueue: runtime.taskQueue, args: [{ tenantId: runtime.ctx.tenantId, cronId }] },
  state: { triggerImmediately: true },
});
for (;;) {
  const [fired] = (await cron.describe()).info.recentActions;
  if (fired?.action.type === 'startWorkflow') {
    await record('cron-moment', fired.action.workflow.workflowId);
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
}
await cron.delete();

const turns = { graphId: 'talk', input: question, threadId: randomUUID(), lingerMs: 2_000 };
for (let turn = 1; turn < 3; turn++) await runtime.journal.ended((await runtime.start(turns)).runId);
const last = await runtime.start(turns);
await runtime.journal.ended(last.runId);
await record('lingering', last.workflowId);

const slow = await runtime.start({ graphId: 'slow', ...lines });
await runtime.journal.until('both calls', () => calls(slow) === 2);
const dropped = await runtime.start({ graphId: 'linear', threadId: slow.threadId, ...lines });
const next = await runtime.start({ graphId: 'linear', threadId: slow.threadId, ...lines });
const cancel = (runId: string) => runtime.threads.cancelRun(runtime.ctx, slow.threadId, { runId, action: 'interrupt', reason: 'recorded' });
await cancel(dropped.runId);
await cancel(slow.runId);
await runtime.journal.ended(next.runId);
await record('cancel-active-and-queued', slow.workflowId);

const book = (name: string, tool: string) => ({ name, tool, args: { message: name }, compensate: { tool: 'everything__echo', args: { message: `not ${name}` } } });
const undone = await runtime.start({ graphId: 'saga', input: { steps: [book('flight', 'everything__echo'), book('hotel', 'test__hang')] }, durability: 'sync' });
await runtime.journal.until('the second step', () => calls(undone) === 2);
await runtime.threads.cancelRun(runtime.ctx, undone.threadId, { runId: undone.runId, action: 'compensate', reason: 'recorded' });
await runtime.journal.ended(undone.runId);
await record('saga-compensated', undone.workflowId);

const edited = await runtime.start({ graphId: 'linear', ...lines });
await runtime.journal.ended(edited.runId);
await runtime.temporal.workflow.getHandle(edited.workflowId).result();
await runtime.threads.editState(runtime.ctx, edited.threadId, { commandId: randomUUID(), graphId: 'linear', values: { results: ['e'] }, asNode: 'b' });
await record('state-edit', edited.workflowId);

const long = await runtime.start({ graphId: 'loop', input: { limit: 230 }, durability: 'sync' });
await runtime.journal.ended(long.runId, 120_000);
await recordExecutions('continued-as-new', long);

// More supersteps without calls than an execution holds: timers end its workflow tasks.
const counting = await runtime.start({ graphId: 'count', input: { limit: 620 } });
await runtime.journal.ended(counting.runId, 60_000);
await recordExecutions('long-row-of-supersteps', counting);

const counted = await runtime.start({ graphId: 'boss', input: { tasks: [{ graph: 'count', input: { limit: 130 } }] } });
await runtime.journal.ended(counted.runId, 60_000);
await record('long-row-of-a-sub-agent', counted.workflowId);
await recordTasks('long-row-of-a-sub-agent', counted);

const killed = await Promise.all(Array.from({ length: 4 }, () => runtime.start({ graphId: 'loop', input: { limit: 12 } })));
await runtime.journal.until('progress', () => killed.every((run) => runtime.journal.run(run.runId).batches.length > 3));
await worker.kill();
await worker.start();
for (const [i, run] of killed.entries()) {
  await runtime.journal.ended(run.runId, 60_000);
  await record(`worker-killed-${i + 1}`, run.workflowId);
}

await worker.stop();
await runtime.close();
const failed = (await replayHistories(await testBundle(), recorded)).filter((result) => result.error !== undefined);
for (const { name, error } of failed) process.stderr.write(`${name}: ${error?.message}\n`);
if (failed.length > 0) process.exit(1);
await addBuild(corpus, build, recorded);
process.stdout.write(`${recorded.length} histories in ${join(corpus, folderOf(build))}\n`);
process.exit(0);
