import { Annotation, END, START, StateGraph, interrupt } from '@langchain/langgraph';
import { type JsonSchema, callTool, defineGraph, requestApproval, waitFor, waitForEvent } from '@holdfast/agent-runtime/graph';

/** tools/chaos/src/runs/mix.ts knows them too. */
type Stop = 'nothing' | 'person' | 'time' | 'event' | 'approval';

const State = Annotation.Root({
  /** Unique for the run: every call counts under a key that begins with it. People may edit it for the last round. */
  key: Annotation<string>({ reducer: (_, next) => next, default: () => '' }),
  /** Supersteps that call tools. */
  rounds: Annotation<number>({ reducer: (_, next) => next, default: () => 3 }),
  /** Calls of a superstep at the same time. */
  fan: Annotation<number>({ reducer: (_, next) => next, default: () => 2 }),
  /** How long a tool works, milliseconds. */
  delayMs: Annotation<number>({ reducer: (_, next) => next, default: () => 100 }),
  /** What the run stops for before its last round. */
  stop: Annotation<Stop>({ reducer: (_, next) => next, default: () => 'nothing' as const }),
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

/** Long enough that processes die meanwhile. */
const WAIT_SECONDS = 4;
/** An event may come long before it is waited for, and late when nobody can post it. */
const EVENT = { type: 'chaos.happened', lookbackSeconds: 3_600, timeoutSeconds: 3_600 };

/** What is noted then; the last round is not called. */
const REJECTED = 'people decided: rejected';

/** Stops the run once, and notes how it went on. */
function halt({ key, stop }: State): Partial<State> {
  switch (stop) {
    case 'person':
      return { receipts: [`a person said ${String(interrupt({ kind: 'chaos', key }))}`] };
    case 'time':
      return { receipts: [`the wait ended: ${waitFor({ seconds: WAIT_SECONDS }).outcome}`] };
    case 'event':
      return { receipts: [`the wait ended: ${waitForEvent({ ...EVENT, key }).outcome}`] };
    case 'approval': {
      const { decision, args } = requestApproval({ action: 'last-round', args: { key } });
      return { receipts: [`people decided: ${decision}`], key: args.key };
    }
    case 'nothing':
      return {};
  }
}

function next({ round, rounds, stop }: State): 'act' | 'halt' | typeof END {
  if (round >= rounds) return END;
  return stop !== 'nothing' && round === rounds - 1 ? 'halt' : 'act';
}

const schema: JsonSchema = {
  type: 'object',
  properties: {
    key: { type: 'string' },
    rounds: { type: 'integer' },
    fan: { type: 'integer' },
    delayMs: { type: 'integer' },
    stop: { type: 'string' },
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
      .addNode('halt', halt)
      .addEdge(START, 'act')
      .addConditionalEdges('act', next, ['act', 'halt', END])
      .addConditionalEdges('halt', ({ receipts }) => (receipts.at(-1) === REJECTED ? END : 'act'), ['act', END])
      .compile({ name: 'effects' }),
});
