import type { BaseMessage } from '@langchain/core/messages';
import { Command, END, MemorySaver } from '@langchain/langgraph';
import { type CallPort, type GraphDefinition, CALL_PORT_KEY } from '@holdfast/agent-runtime/graph';

interface Streamable {
  updateState(config: unknown, values: null, asNode: string): Promise<unknown>;
  stream(input: unknown, config: unknown): Promise<AsyncIterable<[string[], string, unknown]>>;
}

/** How a run of a graph ended. */
export interface DrivenRun {
  readonly values: Readonly<Record<string, unknown>> & { readonly messages: readonly BaseMessage[] };
  /** What persons are asked, when the graph waits. */
  readonly questions: readonly unknown[];
  readonly custom: readonly unknown[];
  /** Names of the nodes in the order in which they ended, those of sub-graphs with their path. */
  readonly nodes: readonly string[];
}

/** A graph on one thread, with a scripted port, in plain Node. */
export class DrivenGraph {
  private readonly graph: Streamable;
  private readonly saver = new MemorySaver();
  private readonly compensateNode: string | undefined;

  constructor(
    definition: GraphDefinition,
    private readonly port: CallPort,
    private readonly configurable: Readonly<Record<string, unknown>> = {},
  ) {
    this.graph = definition.build() as unknown as Streamable;
    this.compensateNode = definition.compensate;
  }

  /** A run with a question and other input. */
  ask(question: string, input: Readonly<Record<string, unknown>> = {}): Promise<DrivenRun> {
    return this.run({ messages: [{ role: 'user', content: question }], ...input });
  }

  /** A run that answers what a person was asked. */
  resume(answer: unknown): Promise<DrivenRun> {
    return this.run(new Command({ resume: answer }));
  }

  /** Takes back what a run did that was cut off: nothing else is left to run, as the runtime has it. */
  async compensate(): Promise<DrivenRun> {
    if (this.compensateNode === undefined) throw new Error('the graph has no compensation');
    await this.graph.updateState({ configurable: { thread_id: 't', __pregel_checkpointer: this.saver } }, null, END);
    return this.run(new Command({ goto: this.compensateNode }));
  }

  /** A run. */
  async run(input: unknown): Promise<DrivenRun> {
    const seen = { values: { messages: [] } as DrivenRun['values'], questions: [] as unknown[], custom: [] as unknown[], nodes: [] as string[] };
    const configurable = { ...this.configurable, thread_id: 't', [CALL_PORT_KEY]: this.port, __pregel_checkpointer: this.saver };
    const chunks = await this.graph.stream(input, { configurable, recursionLimit: 100, subgraphs: true, streamMode: ['values', 'updates', 'custom'] });
    for await (const [ns, mode, payload] of chunks) {
      const data = payload as Record<string, unknown>;
      if (mode === 'custom') seen.custom.push(payload);
      else if ('__interrupt__' in data) {
        if (mode === 'values' && ns.length === 0) seen.questions = (data['__interrupt__'] as { value: unknown }[]).map(({ value }) => value);
      } else if (mode === 'updates') seen.nodes.push(...Object.keys(data).map((node) => [...ns.map((part) => part.split(':')[0]), node].join('/')));
      else if (ns.length === 0) seen.values = data as DrivenRun['values'];
    }
    return seen;
  }
}

/** Text of the last message. */
export function lastText({ values }: DrivenRun): string {
  return values.messages.at(-1)?.text ?? '';
}
