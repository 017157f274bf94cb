import type { StateSnapshot } from '@langchain/langgraph';
import type { SubGraphState, TaskSnapshot } from '../api';
import { toApiForm } from '../graph';
import type { MessageLists } from './message-lists';
import { shownMetadata } from './sub-graph-metadata';

type Task = StateSnapshot['tasks'][number];

/**
 * Tasks of a snapshot that LangGraph took with `subgraphs`, as the journal stores them: `state` stays the address that it is without, and what is left
 * to run in a sub-graph stands beside it. Bounded by the state itself: the saver holds the newest checkpoint of each sub-graph under way, and its text too.
 * @param parentNs namespace of the graph whose tasks they are; empty for the root
 */
export function withSubGraphs(tasks: readonly Task[], lists: MessageLists, parentNs = ''): readonly TaskSnapshot[] {
  return tasks.map((task) => {
    const { state, ...rest } = task;
    if (state === undefined || !isSnapshot(state)) return toApiForm(task) as TaskSnapshot;
    const ns = `${parentNs === '' ? '' : `${parentNs}|`}${task.name}:${task.id}`;
    const subgraph = stateOf(state, lists, ns);
    const address = { configurable: { thread_id: 'thread', checkpoint_ns: ns } };
    return { ...(toApiForm(rest) as TaskSnapshot), state: address, ...(subgraph === undefined ? {} : { subgraph }) };
  });
}

/** Undefined for a sub-graph that has not begun, and for one that is done, unless by an edit: of that no frame tells. */
function stateOf({ values, next, tasks, metadata, createdAt }: StateSnapshot, lists: MessageLists, ns: string): SubGraphState | undefined {
  if (metadata === undefined || (next.length === 0 && metadata.source !== 'update')) return undefined;
  const { thread_id: _, ...shown } = metadata as SubGraphState['metadata'];
  return {
    values: lists.shown(values),
    next,
    tasks: withSubGraphs(tasks, lists, ns),
    metadata: shownMetadata(shown) as SubGraphState['metadata'],
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

function isSnapshot(state: NonNullable<Task['state']>): state is StateSnapshot {
  return 'values' in state && 'next' in state;
}
