import { workflowInfo } from '@temporalio/workflow';
import { graphWork } from './graph-work';

/** Replaying more events than this takes over a second on a small machine; the server's own hint comes at four thousand. */
const MAX_HISTORY_EVENTS = 1_500;

/** Whether a graph should stop at its next superstep boundary and go on in a new execution. */
export function historyIsLong(): boolean {
  const info = workflowInfo();
  return info.continueAsNewSuggested || info.historyLength > MAX_HISTORY_EVENTS || graphWork().isMuch;
}
