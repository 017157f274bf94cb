import type { RunRow } from './rows.schema';
import type { CreateRunInput } from './runs.types';

/** How a thread that waits goes on. */
export interface Resumption {
  readonly runId: string;
  readonly threadId: string;
  /** By interrupt id: others that the thread waits for are asked on. */
  readonly answers: Readonly<Record<string, unknown>>;
  /** Added to those of the run that asked. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The thread of a stateless run goes with it. */
  readonly deleteThread: boolean;
}

/** The run that gives waiting nodes their answers: as the run that asked, whose principal it keeps. */
export function resumeRun(asking: RunRow, { runId, threadId, answers, metadata, deleteThread }: Resumption): CreateRunInput {
  const { checkpoint_id: _id, checkpoint: _ref, ...kwargs } = asking.kwargs;
  const config = objectOf(kwargs['config']);
  const { checkpoint_id: _configured, ...configurable } = objectOf(config['configurable']);
  return {
    runId,
    threadId,
    assistantId: asking.assistant_id,
    graphId: asking.graph_id,
    kwargs: {
      ...kwargs,
      input: null,
      command: { resume: answers },
      config: { ...config, configurable: { ...configurable, run_id: runId, thread_id: threadId } },
    },
    metadata: { ...asking.metadata, ...metadata },
    multitaskStrategy: 'enqueue',
    ifNotExists: 'reject',
    deleteThread,
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
