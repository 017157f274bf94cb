import { Annotation, END, START, StateGraph, interrupt } from '@langchain/langgraph';
import { type JsonSchema, callTool, defineGraph } from '@holdfast/agent-runtime/graph';

const State = Annotation.Root({
  /** Unique for the run: every call counts under a key that begins with it. */
  key: Annotation<string>,
  /** Supersteps that call tools. */
  rounds: Annotation<number>({ reducer: (_, next) => next, default: () => 3 }),
  /** Calls of a superstep at the same time. */
  fan: Annotation<number>({ reducer: (_, next) => next, default: () => 2 }),
  /** How long a tool works, milliseconds. */
  delayMs: Annotation<number>({ reducer: (_, next) => next, default: () => 100 }),
  /** Whether a person is asked before the last round. */
  asks: Annotation<boolean>({ reducer: (_, next) => next, default: () => false }),
  round: Annotation<number>({ reducer: (_, next) => next, default: () => 0 }),
  /** What the tools answered: which call of its key each was. */
  receipts: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});
type State = typeof State.State;

const EFFECTS = ['read', 'idempotent', 'compensatable', 'irreversible'] as const;

/** The keys of a round; tools/chaos/src/runs/mix.ts knows them too. */
function keysOf({ key, round, fan }: State): string[] {
  return Array.from({ length: fan }, (_, i) => `${EFFECTS[(round + i) % EFFECTS.length]}/${key}/${round}.${i}`);
}

async function act(state: State): Promise<Partial<State>> {
  const answers = await Promise.all(
    keysOf(state).map((key) => callTool({ id: key, name: `effects__${key.split('/')[0]}`, args: { key, delay_ms: state.delayMs } })),
  );
  return { receipts: answers.map(({ content }) => String(content)), round: state.round + 1 };
}

function ask({ key }: State): Partial<State> {
  return { receipts: [`a person said ${String(interrupt({ kind: 'chaos', key }))}`] };
}

function next({ round, rounds, asks }: State): 'act' | 'ask' | typeof END {
  if (round >= rounds) return END;
  return asks && round === rounds - 1 ? 'ask' : 'act';
}

const schema: JsonSchema = {
  type: 'object',
  properties: {
    key: { type: 'string' },
    rounds: { type: 'integer' },
    fan: { type: 'integer' },
    delayMs: { type: 'integer' },
    asks: { type: 'boolean' },
    round: { type: 'integer' },
    receipts: { type: 'array', items: { type: 'string' } },
  },
};

/** For the chaos runs only: calls the tools of libs/testing's WriteToolServer, whose counts a kill -9 of Holdfast cannot touch. */
export const effects = defineGraph({
  graphId: 'effects',
  version: '1.0.0',
  description: 'Chaos: calls tools of every effect class again and again.',
  schemas: { input: schema, output: schema, state: schema, config: { type: 'object', properties: {} } },
  build: () =>
    new StateGraph(State)
      .addNode('act', act)
      .addNode('ask', ask)
      .addEdge(START, 'act')
      .addConditionalEdges('act', next, ['act', 'ask', END])
      .addEdge('ask', 'act')
      .compile({ name: 'effects' }),
});
