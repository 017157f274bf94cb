import { randomUUID } from 'node:crypto';
import { deviationsOf } from './support/deviations';
import { useRuntime } from './support/use-runtime';

const LINGER_MS = 5_000;

describe('a turn of a long conversation', () => {
  const { runtime } = useRuntime();
  const says = (count: number) => ({ messages: Array.from({ length: count }, (_, i) => ({ role: 'user', id: randomUUID(), content: `message ${i}` })) });

  /** A turn on a workflow that waits for the next one. */
  async function turn(threadId: string, count: number) {
    const run = await runtime.start({ graphId: 'talk', threadId, input: says(count), lingerMs: LINGER_MS });
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success' });
    const { args } = runtime.journal.effects.find(({ runId }) => runId === run.runId)!;
    const { runId, workflowId } = run;
    return { runId, workflowId, args, kept: runtime.journal.run(runId).begun[0]!.kept, textsSent: runtime.journal.textsSent.get(runId) };
  }
  const shown = (threadId: string) => (runtime.journal.head(threadId)!.values['messages'] as { $list?: string }[]).filter(({ $list }) => $list !== undefined).length;

  it('brings no text of what the workflow has from the turn before, and asks the model by reference', async () => {
    const threadId = randomUUID();
    const first = await turn(threadId, 100);
    expect([first.textsSent, first.args, shown(threadId)]).toEqual([0, { messages: 100, lists: 0 }, 3]);
    // What the first turn has made comes once, by the history; then it stays.
    for (const [own, kept, textsSent] of [[6, 0, 3], [8, 3, 0]] as const) {
      const next = await turn(threadId, 1);
      expect(Object.keys(next.kept?.parts ?? {})).toHaveLength(kept);
      expect([next.textsSent, next.args]).toEqual([textsSent, { messages: own, lists: 3 }]);
    }
    // Elsewhere: with all texts, and the same references.
    await runtime.temporal.workflow.getHandle(first.workflowId).terminate();
    const cold = await turn(threadId, 1);
    expect([cold.kept, cold.textsSent, cold.args]).toEqual([undefined, 3, { messages: 10, lists: 3 }]);
    const after = await turn(threadId, 1);
    expect([after.textsSent, after.args]).toEqual([0, { messages: 12, lists: 3 }]);
    const { history } = await runtime.historyOf(threadId, first.workflowId);
    expect(await deviationsOf([{ name: threadId, workflowId: first.workflowId, history }])).toEqual([]);
  }, 60_000);

  it('begins with an edited state all the same', async () => {
    const threadId = randomUUID();
    const first = await turn(threadId, 100);
    const removed = { messages: [{ type: 'remove', id: (runtime.journal.head(threadId)!.values['messages'] as { id: string }[]).at(-1)!.id, content: '' }] };
    await runtime.threads.editState({ ...runtime.ctx, requestId: randomUUID() }, threadId, { commandId: randomUUID(), graphId: 'talk', values: removed, asNode: 'say' });
    const next = await turn(threadId, 1);
    expect([next.kept, next.textsSent, next.args]).toEqual([undefined, 3, { messages: 5, lists: 3 }]);
    expect(next.workflowId).toBe(first.workflowId);
  }, 60_000);
});
