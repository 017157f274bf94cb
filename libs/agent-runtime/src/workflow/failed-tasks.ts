import type { SaverDump } from './saver';

/** LangGraph's channels of a task that failed: its error, and its node's name when that has an error handler. */
const ERROR = '__error__';
const ERROR_SOURCE = '__error_source_node__';

/** What LangGraph appends to a task's path for the path of its error handler. */
const HANDLER_PATH = ', node_error_handler, 0000000000';

type Writes = SaverDump['writes'][number][1];

/**
 * A state whose failed tasks are executed again. LangGraph never does that where a node has an error handler: it takes the task for done and calls
 * the handler again, also one that has passed the error on. A failure that its handler took stays.
 */
export function withoutFailures({ entries, writes }: SaverDump): SaverDump {
  return { entries, writes: writes.map(([key, list]) => [key, withoutFailuresOf(list)]) };
}

function withoutFailuresOf(list: Writes): Writes {
  const failed = new Set(list.filter(({ channel, path }) => channel === ERROR_SOURCE && !isHandled(path, list)).map(({ taskId }) => taskId));
  return list.filter(({ taskId, channel }) => !failed.has(taskId) || (channel !== ERROR && channel !== ERROR_SOURCE));
}

/** The handler has finished, or asks a person. */
function isHandled(path: string, list: Writes): boolean {
  const own = list.filter((write) => write.path === `${path}${HANDLER_PATH}`);
  return own.length > 0 && own.every(({ channel }) => channel !== ERROR);
}
