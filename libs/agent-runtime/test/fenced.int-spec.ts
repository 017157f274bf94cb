import type { RecordedHistory } from '../src/replay';
import { deviationsOf } from './support/deviations';
import { useRuntime } from './support/use-runtime';

interface History {
  readonly events: readonly { readonly workflowTaskFailedEventAttributes?: { readonly failure?: { readonly message?: string } | null } | null }[];
}

const { runtime } = useRuntime({ commitDelayMs: 60 });

/** A run that belongs to somebody else: its calls end at any moment, beside the answer of its commit. */
async function fenced(): Promise<RecordedHistory> {
  const run = runtime.newRun({ graphId: 'rain', input: { input: 'x', limit: 60 } });
  runtime.journal.fence(run.runId);
  const { workflowId } = await runtime.threads.deliver(runtime.ctx, run);
  return runtime.historyOf('rain', workflowId);
}

it('a local call that answers while its run is cut off fails no workflow task', async () => {
  const recorded: RecordedHistory[] = [];
  for (let run = 0; run < 8; run += 1) recorded.push(await fenced());
  const events = recorded.flatMap(({ history }) => (history as History).events);
  expect(events.flatMap(({ workflowTaskFailedEventAttributes: failed }) => (failed == null ? [] : [failed.failure?.message]))).toEqual([]);
  expect(await deviationsOf(recorded)).toEqual([]);
}, 120_000);
