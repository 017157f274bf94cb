import type { RunRow } from '@holdfast/persistence';
import type { RunCreate } from './runs.schema';

/** Keys of `config.configurable` that place a run. */
const PLACE = ['checkpoint_id', 'run_id', 'thread_id', 'graph_id', 'assistant_id'];

/** The request for a run that goes on where another one stopped: with its configuration, without its input. @param facts join the metadata */
export function repeatOf(run: RunRow, runId: string, facts: Readonly<Record<string, string>>): RunCreate {
  const { config, context, interrupt_before: before, interrupt_after: after, stream_mode: modes, subgraphs, durability, checkpoint_id: from } =
    run.kwargs as Partial<StoredKwargs>;
  const { configurable = {}, metadata: _, ...settings } = config ?? {};
  return {
    run_id: runId,
    assistant_id: run.assistant_id,
    input: null,
    // Where it began is where it stopped, as long as it had no state of its own.
    ...(run.has_state || from === undefined ? {} : { checkpoint_id: from }),
    config: { ...settings, configurable: Object.fromEntries(Object.entries(configurable).filter(([key]) => !PLACE.includes(key))) },
    context,
    interrupt_before: before,
    interrupt_after: after,
    stream_mode: modes,
    stream_subgraphs: subgraphs,
    durability,
    metadata: { ...run.metadata, ...facts },
    multitask_strategy: 'reject',
  };
}

/** What `runKwargs` has made of a request, as far as it goes into another one. */
interface StoredKwargs {
  readonly config: { readonly configurable?: Record<string, unknown>; readonly metadata?: unknown };
  readonly context: unknown;
  readonly interrupt_before: RunCreate['interrupt_before'];
  readonly interrupt_after: RunCreate['interrupt_after'];
  readonly stream_mode: RunCreate['stream_mode'];
  readonly subgraphs: boolean;
  readonly durability: RunCreate['durability'];
  readonly checkpoint_id: string;
}
