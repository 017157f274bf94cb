import { createHash, randomUUID } from 'node:crypto';
import type { RunEventDraft } from '@holdfast/contracts/events';
import { systemContext } from '@holdfast/tenant-context';
import type { TestRun } from './support/test-journal';
import { CATALOGUE_CONVERSATIONS } from './support/catalogue-conversations';
import { TestRuntime } from './support/test-runtime';

/** Without the coordinator: the workflows of its sub-agents keep their ids, so that a second play of the same run finds their results. */
const CONVERSATIONS = Object.entries(CATALOGUE_CONVERSATIONS).filter(([graphId]) => graphId !== 'coordinator');
/** Makes the ids of a test that is run again other ones: their workflows are there. */
const SALT = randomUUID();
const TENANTS = ['one', 'two'];

/** An id that is the same in every play; its version says that it is not random. */
function idOf(name: string): string {
  const hash = createHash('sha256').update(`${SALT}/${name}`).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** Takes out times: as such, in ids of checkpoints (all but their step and owner), and in random ids, which begin with a checkpoint's. */
function timeless(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-6[0-9a-f]{3}-(8[0-9a-f]{3}-[0-9a-f]{12})/g, '<$1>')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, '<random>');
}

/** Of a superstep, its frames: how many of them come with one commit is a matter of time. */
function partsOf({ type, data }: RunEventDraft): object[] {
  if (type !== 'run.step-completed.v1') return [{ type, data }];
  const { frames, ...step } = data;
  return [...(step.checkpoint_id === null ? [] : [step]), ...frames.map((frame) => ({ step: step.step, ...frame }))];
}

/** Conversations of the tenants, all at once, on one worker: what each left in the journal. */
async function play(tenants: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const runtime = new TestRuntime({ cache: 200 });
  const { journal } = runtime;
  const worker = runtime.worker(journal);
  await worker.start();
  const converse = async (tenant: string, [graphId, turns]: (typeof CONVERSATIONS)[number]): Promise<[string, readonly string[]]> => {
    const name = `${graphId} of ${tenant}`;
    const threadId = idOf(name);
    const runs: TestRun[] = [];
    for (const turn of turns) {
      const run = journal.add({ ...turn, runId: idOf(`${name}/${runs.length}`), threadId, graphId });
      const { workflowId } = await runtime.threads.deliver(systemContext(idOf(tenant), 'test', randomUUID()), run);
      await journal.ended(run.runId, 60_000);
      await runtime.temporal.workflow.getHandle(workflowId).result();
      runs.push(run);
    }
    const batches = runs.flatMap(({ runId }) => journal.run(runId).batches);
    // Calls beside each other end in any order, and commits come as they may; a checkpoint may be committed again with more in it.
    const events = batches.flatMap((batch) => batch.events).flatMap(partsOf).map(timeless).sort();
    const checkpoints = new Map(journal.history(threadId).map(({ checkpointId, values, step, source, next }) => [checkpointId, timeless({ checkpointId, values, step, source, next })]));
    return [name, [...events, ...checkpoints.values(), ...batches.flatMap(({ end }) => (end === undefined ? [] : [timeless(end)]))]];
  };
  const told = await Promise.all(tenants.flatMap((tenant) => CONVERSATIONS.map((conversation) => converse(tenant, conversation))));
  await worker.stop();
  await runtime.close();
  return new Map(told);
}

it('two tenants on one worker leave in the journal what each leaves alone', async () => {
  const alone = [await play(['one']), await play(['two'])];
  const together = await play(TENANTS);
  expect(together.size).toBe(2 * CONVERSATIONS.length);
  for (const [name, told] of alone.flatMap((played) => [...played])) {
    expect(told.length).toBeGreaterThan(5);
    expect([name, ...(together.get(name) ?? [])]).toEqual([name, ...told]);
  }
}, 240_000);
