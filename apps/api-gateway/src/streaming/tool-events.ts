import type { EventData } from '@holdfast/contracts/events';
import type { AiMessageDto } from '@holdfast/contracts/messages';
import type { DerivedEvent } from './derived-event';
import { langChainEvent, tracedCall, type TracedRun } from './langchain-events';
import type { MessageContext } from './message-frames';
import type { OpenTasks } from './open-tasks';

type ToolCalled = EventData<'tool.called.v1'>;

interface OpenCall {
  readonly ns: readonly string[];
  readonly node: string;
  readonly toolCallId: string;
  readonly traced: TracedRun;
  readonly input: unknown;
  readonly failed: boolean;
}

/**
 * Tool calls as the modes `tools` (LangGraph's `StreamToolsHandler`) and `events` tell of them. The journal learns of a call when it is answered: it
 * begins then, with what the model asked for, and ends with the message that carries the answer into the state, or else with the node.
 */
export class ToolEvents {
  /** What models asked tools for, by the id of the call. */
  readonly #asked = new Map<string, { readonly name: string; readonly args: unknown }>();
  /** In the order in which they began. */
  #open: OpenCall[] = [];
  /** Calls of nodes whose start has not been told. */
  #early: ToolCalled[] = [];
  readonly #known = new Set<string>();

  constructor(
    private readonly context: MessageContext,
    private readonly tasks: OpenTasks,
  ) {}

  /** A model asks for tools. */
  asked({ tool_calls: calls = [] }: AiMessageDto): void {
    for (const { id, name, args } of calls) this.#asked.set(id, { name, args });
  }

  /** A call was answered. */
  called(call: ToolCalled): DerivedEvent[] {
    if (this.#known.has(call.call_id)) return [];
    this.#known.add(call.call_id);
    const ns = this.tasks.placeOf(call.node);
    if (ns !== undefined) return this.#begin(ns, call);
    this.#early.push(call);
    return [];
  }

  /** A node begins: calls that were told of before it are its own. */
  nodeStarted(ns: readonly string[], node: string): DerivedEvent[] {
    const own = this.#early.filter((call) => call.node === node);
    this.#early = this.#early.filter((call) => call.node !== node);
    return own.flatMap((call) => this.#begin(ns, call));
  }

  /** A message with the answer to a call has reached the state. */
  answered(toolCallId: string, message: { readonly content: unknown }): DerivedEvent[] {
    const call = this.#open.find((open) => open.toolCallId === toolCallId);
    return call === undefined ? [] : this.#end(call, message, message.content);
  }

  /** No task of the node is under way any more: what was not put into a message is not told. */
  nodeEnded(ns: readonly string[], node: string): DerivedEvent[] {
    const own = this.#open.filter((call) => call.node === node && call.ns.join('|') === ns.join('|'));
    return own.flatMap((call) => this.#end(call, null, null));
  }

  #begin(ns: readonly string[], { call_id: callId, tool_call_id: toolCallId, node, server, tool, status }: ToolCalled): DerivedEvent[] {
    const { name, args } = this.#asked.get(toolCallId) ?? { name: `${server}__${tool}`, args: {} };
    const traced = tracedCall(this.context, { ns, node, taskId: this.tasks.only(ns, node) }, { id: callId, name });
    this.#open.push({ ns, node, toolCallId, traced, input: args, failed: status !== 'ok' });
    return both(ns, 'on_tool_start', { toolCallId, traced }, { input: args }, { input: args });
  }

  #end(call: OpenCall, output: unknown, error: unknown): DerivedEvent[] {
    this.#open = this.#open.filter((open) => open !== call);
    const { ns, input, failed } = call;
    if (failed) return both(ns, 'on_tool_error', call, { error }, { input, error });
    return both(ns, 'on_tool_end', call, { output }, { input, output });
  }
}

function both(ns: readonly string[], event: string, { toolCallId, traced }: Pick<OpenCall, 'toolCallId' | 'traced'>, told: Readonly<Record<string, unknown>>, data: unknown): DerivedEvent[] {
  return [
    { mode: 'tools', ns, data: () => ({ event, toolCallId, name: traced.name, ...told }) },
    { mode: 'events', ns, data: () => langChainEvent(event, traced, data) },
  ];
}
