import { randomUUID } from 'node:crypto';
import { WorkflowUpdateStage } from '@temporalio/client';
import { type PauseAnswer, ThreadUpdate } from '../src/api';
import type { TestRuntime } from './support/test-runtime';
import { useRuntime } from './support/use-runtime';

const { runtime, worker } = useRuntime();

type Started = Awaited<ReturnType<TestRuntime['start']>>;

/** An answer to the question of a run, on its way to a run that nobody drives yet. @param named the answer names its question */
async function answering(named: boolean): Promise<Started> {
  const asking = await runtime.start({ graphId: 'approve', input: { draft: '' } });
  const { interrupts } = await runtime.journal.ended(asking.runId);
  const id = Object.values(interrupts ?? {})[0]![0]!.id!;
  await worker.stop();
  return runtime.start({ graphId: 'approve', threadId: asking.threadId, command: { resume: named ? { [id]: 'yes' } : 'yes' } });
}

/** Sends a command that meets the run in its first activation. */
function command<A>(update: string, { workflowId, runId }: Started, more: object): Promise<A> {
  const args: [object] = [{ commandId: randomUUID(), runId, ...more }];
  const sent = runtime.temporal.workflow.getHandle(workflowId).startUpdate<A, [object]>(update, { args, waitForStage: WorkflowUpdateStage.ACCEPTED });
  return sent.then((handle) => handle.result());
}

const draftOf = ({ threadId }: Started): unknown => runtime.journal.head(threadId)?.values['draft'];
const AGENTS = [1, 2, 3, 4, 5].map((i) => `Echo: agent${i}`).join('|');

describe.each([['that names its question', true], ['to the only question', false]])('an answer %s', (_, named) => {
  it('is not lost when the run is paused before it has used it', async () => {
    const run = await answering(named);
    const paused = command<PauseAnswer>(ThreadUpdate.pauseRun, run, { by: 'op' });
    await worker.start();
    expect(await paused).toBe('paused');
    expect(await command(ThreadUpdate.resumeRun, run, { by: 'op' })).toBe('running');
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success' });
    expect(draftOf(run)).toBe(`${AGENTS}:yes`);
  }, 60_000);

  it('is not lost when something is put into the run before it has used it', async () => {
    const run = await answering(named);
    const put = command(ThreadUpdate.injectInput, run, { values: { outs: ['put in'] } });
    await worker.start();
    expect(await put).toEqual({ checkpointId: expect.any(String) });
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success' });
    expect(draftOf(run)).toBe(`put in|${AGENTS}:yes`);
  }, 60_000);
});
