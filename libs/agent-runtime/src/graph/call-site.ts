import { getConfig } from '@langchain/langgraph';
import { uuid5 } from '@langchain/langgraph-checkpoint';
import { HoldfastError } from '@holdfast/contracts/errors';
import { type CallPort, type CallSite, CALL_PORT_KEY } from './call-port';

/** LangGraph's notes on the task that is being executed; see its `interrupt`. */
interface Scratchpad {
  /** Index of the last interrupt that the task has passed or made, -1 before the first. */
  readonly interruptCounter: number;
  /** What people have answered the task's interrupts, in order. */
  readonly resume: readonly unknown[];
}

/** A node that is being executed, as far as its calls must know it. */
export interface NodeExecution {
  readonly port: CallPort;
  readonly site: CallSite;
  /** The same for all calls of one execution of a task. */
  readonly key: object;
}

/**
 * The port of the current run and the place of the current node in its graph, from the config that LangGraph keeps for the node.
 * @throws HoldfastError INTERNAL outside a node, or in a run that bound no port.
 */
export function currentCallSite(): NodeExecution {
  const config = getConfig();
  const port = config?.configurable?.[CALL_PORT_KEY] as CallPort | undefined;
  const node: unknown = config?.metadata?.['langgraph_node'];
  if (port === undefined || typeof node !== 'string') {
    throw new HoldfastError('INTERNAL', 'callModel, callTool and callAgent work inside a node of a graph that Holdfast runs');
  }
  // The innermost part names the node's own task: `<node>:<task id>`.
  const path = String(config.configurable?.['checkpoint_ns'] ?? '').split('|');
  const taskId = path.at(-1)?.split(':').at(-1) ?? '';
  const scratchpad = config.configurable?.['__pregel_scratchpad'] as Scratchpad | undefined;
  return { port, site: { node, ns: path.slice(0, -1), path, task: taskKey(taskId, scratchpad) }, key: scratchpad ?? {} };
}

/**
 * A task that is resumed is executed again from its beginning, and repeats the calls before its interrupt; behind the interrupt another
 * answer makes other calls. So the answers that the task has passed are part of the name of what follows them.
 */
function taskKey(taskId: string, scratchpad: Scratchpad | undefined): string {
  const answers = scratchpad === undefined ? [] : scratchpad.resume.slice(0, scratchpad.interruptCounter + 1);
  const id = answers.length === 0 ? taskId : uuid5(JSON.stringify(answers), taskId);
  return id.replaceAll('-', '').slice(0, 16);
}
