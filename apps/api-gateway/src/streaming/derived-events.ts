import { EVENT_CATALOGUE, type Frame, type JournalRow } from '@holdfast/contracts/events';
import type { CallCursor } from './cursor';
import type { DerivedEvent } from './derived-event';
import { langChainEvent, tracedGraph, tracedNode } from './langchain-events';
import { asAiMessage, type FlatMessage, type MessageContext } from './message-frames';
import { ModelEvents } from './model-events';
import { OpenNamespaces, type GraphEnd } from './open-namespaces';
import type { OpenTasks } from './open-tasks';
import { stateFrameSchema, type TaskFrame } from './state-frames';
import { ToolEvents } from './tool-events';

/** What the projection of a run knows besides a row. */
export interface RowContext {
  /** What the run was given. */
  readonly input: unknown;
  /** The newest state of the root graph. */
  state(): unknown;
}

/**
 * Derives the modes `events`, `tools` and `lifecycle` from a run's journal. It gives the same events in the same order to every viewer, of whatever
 * modes, so that their numbers are the same for all.
 */
export class DerivedEvents {
  readonly models: ModelEvents;
  readonly #tools: ToolEvents;
  readonly #namespaces: OpenNamespaces;
  #isStarted = false;

  constructor(
    private readonly context: MessageContext,
    private readonly tasks: OpenTasks,
    told: readonly CallCursor[],
  ) {
    this.models = new ModelEvents(context, tasks, told);
    this.#tools = new ToolEvents(context, tasks);
    this.#namespaces = new OpenNamespaces(context);
  }

  /** What a row implies before what it holds. */
  row(row: JournalRow, { input, state }: RowContext): DerivedEvent[] {
    switch (row.type) {
      case 'run.started.v1':
        return this.#started(input);
      case 'tool.called.v1':
        return this.#tools.called(EVENT_CATALOGUE[row.type].parse(row.data));
      case 'run.completed.v1':
        return [...this.#namespaces.leave([], { event: 'completed' }), this.#root('on_chain_end', () => ({ output: state() }))];
      case 'run.interrupted.v1':
        return [...this.#namespaces.leave([], { event: 'interrupted' }), this.#root('on_chain_end', () => ({ output: state() }))];
      case 'run.cancelled.v1':
        return this.#namespaces.leave([], { event: 'interrupted' });
      case 'run.failed.v1': {
        const { error } = EVENT_CATALOGUE[row.type].parse(row.data);
        return this.#namespaces.leave([], { event: 'failed', error: { error: error.code, message: error.message } });
      }
      default:
        return [];
    }
  }

  /** What a frame implies before what it holds. */
  frame({ ns, mode, data }: Frame): DerivedEvent[] {
    const begun = this.#namespaces.enter(ns);
    if (mode === 'values' && ns.length > 0) this.#namespaces.hold(ns, stateFrameSchema.safeParse(data).data?.values);
    return begun;
  }

  /** A task has begun; the journal says so. @param input what it was given */
  taskStarted(ns: readonly string[], task: TaskFrame, step: number, input: () => unknown): DerivedEvent[] {
    const start: DerivedEvent = { mode: 'events', ns, data: () => langChainEvent('on_chain_start', tracedNode(this.context, ns, task, step), { input: input() }) };
    return [start, ...this.#tools.nodeStarted(ns, task.name)];
  }

  /** A task has ended; the journal says so. LangChain tells of no end of what failed or stopped. */
  taskEnded(ns: readonly string[], task: TaskFrame, step: number): DerivedEvent[] {
    const end = endOf(task);
    const { result } = task;
    const traced = tracedNode(this.context, ns, task, step);
    return [
      ...(this.tasks.isIdle(ns, task.name) ? this.#tools.nodeEnded(ns, task.name) : []),
      ...this.#namespaces.leave([...ns, `${task.name}:${task.id}`], end),
      ...(end.event === 'completed'
        ? ([
            { mode: 'events', ns, data: () => langChainEvent('on_chain_stream', traced, { chunk: result }) },
            { mode: 'events', ns, data: () => langChainEvent('on_chain_end', traced, { output: result }) },
          ] satisfies DerivedEvent[])
        : []),
    ];
  }

  /** A message that stood in the state when the run began. */
  known(message: FlatMessage): void {
    const ai = asAiMessage(message);
    if (ai !== undefined) this.#tools.asked(ai);
  }

  /** A message has reached the state. */
  message(ns: readonly string[], node: string, message: FlatMessage): DerivedEvent[] {
    const ai = asAiMessage(message);
    if (ai !== undefined) {
      this.#tools.asked(ai);
      return this.models.message(ns, node, ai);
    }
    const { tool_call_id: id } = message as { readonly tool_call_id?: unknown };
    return message.type === 'tool' && typeof id === 'string' ? this.#tools.answered(id, message) : [];
  }

  /** A run that was taken over starts again, and goes on. */
  #started(input: unknown): DerivedEvent[] {
    if (this.#isStarted) return [];
    this.#isStarted = true;
    return [this.#root('on_chain_start', () => ({ input }))];
  }

  #root(event: string, data: () => unknown): DerivedEvent {
    return { mode: 'events', ns: [], data: () => langChainEvent(event, tracedGraph(this.context, []), data()) };
  }
}

function endOf({ error, interrupts = [] }: TaskFrame): GraphEnd {
  if (error !== undefined && error !== null) return { event: 'failed', error: { error: 'Error', message: typeof error === 'string' ? error : JSON.stringify(error) } };
  return { event: interrupts.length > 0 ? 'interrupted' : 'completed' };
}
