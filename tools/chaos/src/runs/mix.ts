import { pick, type Random } from '../random';

/** A run that is to be started. */
export interface PlannedRun {
  /** Place in the plan; with the seed it names the run for ever. */
  readonly index: number;
  readonly graphId: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly configurable?: Readonly<Record<string, unknown>>;
  /** Keys of tool calls that have been counted when the run is over; empty for graphs without counted tools. */
  readonly keys: readonly string[];
  /** Nobody answers what it asks: it must be found waiting. */
  readonly leftWaiting: boolean;
}

const EFFECTS = ['read', 'idempotent', 'compensatable', 'irreversible'] as const;

const asking = (content: string): Readonly<Record<string, unknown>> => ({ messages: [{ role: 'user', content }] });
const SLOW = 'slow:200';

const step = (name: string, compensate?: string): object => ({
  name,
  tool: 'everything__echo',
  args: { message: name },
  ...(compensate === undefined ? {} : { compensate: { tool: 'everything__echo', args: { message: compensate } } }),
});
/** The last one fails: what the others did is taken back. */
const FAILING_STEPS = [step('first', 'first back'), step('second'), step('third', 'third back'), { name: 'last', tool: 'everything__get-sum', args: { a: 'no number' } }];

/** Requests whose answers do not depend on anything but themselves: two runs of one must end alike. */
const PATTERNS: readonly { readonly weight: number; readonly graphId: string; readonly input: Readonly<Record<string, unknown>>; readonly configurable?: Readonly<Record<string, unknown>> }[] = [
  { weight: 6, graphId: 'react', input: asking(`What is the sum of 1, 2, 3 and 4? ${SLOW}`) },
  { weight: 3, graphId: 'plan-execute-review', input: asking(`What is the sum of 1, 2 and 3? ${SLOW}`) },
  { weight: 3, graphId: 'generate-approve-execute', input: asking(`echo well ${SLOW}`) },
  { weight: 3, graphId: 'map-reduce', input: asking(`What is 1 plus 1; What is 2 plus 2; What is 3 plus 3; echo four ${SLOW}`) },
  { weight: 2, graphId: 'debate', input: asking(`What is the sum of 1 and 2? ${SLOW}`), configurable: { rounds: 2 } },
  { weight: 3, graphId: 'supervisor', input: asking(`echo a; What is 2 plus 3? ${SLOW}`) },
  { weight: 3, graphId: 'swarm', input: asking(`What is the sum of 1, 2 and 3? ${SLOW}`) },
  { weight: 2, graphId: 'branch-and-loop', input: asking(`What is the sum of 1 and 2? ${SLOW}`) },
  { weight: 3, graphId: 'coordinator', input: asking(`echo a; What is the sum of 1, 2 and 3? ${SLOW}`) },
  { weight: 2, graphId: 'sub-graphs', input: asking(`What is the sum of 1 and 2? ${SLOW}`) },
  { weight: 2, graphId: 'saga', input: { steps: FAILING_STEPS } },
  { weight: 2, graphId: 'structured-output', input: asking(`What is the sum of 1 and 2? ${SLOW}`) },
];

const KINDS = [
  { weight: 45, kind: 'effects' },
  { weight: 8, kind: 'asking' },
  { weight: 2, kind: 'waiting' },
  { weight: 45, kind: 'pattern' },
] as const;

/** The patterns of the catalogue that take part, each with its request. */
export function patternRuns(): PlannedRun[] {
  return PATTERNS.map((pattern, index) => patternRun(pattern, index));
}

/** The runs of a chaos test, in the order in which they are started. @param name unique for the test, so that keys of tool calls are */
export function planRuns(count: number, name: string, random: Random): PlannedRun[] {
  return Array.from({ length: count }, (_, index) => {
    const { kind } = pick(random, KINDS);
    return kind === 'pattern' ? patternRun(pick(random, PATTERNS), index) : effectsRun(index, `${name}-${index}`, kind, random);
  });
}

function patternRun({ graphId, input, configurable }: (typeof PATTERNS)[number], index: number): PlannedRun {
  return { index, graphId, input, ...(configurable === undefined ? {} : { configurable }), keys: [], leftWaiting: false };
}

function effectsRun(index: number, key: string, kind: 'effects' | 'asking' | 'waiting', random: Random): PlannedRun {
  const rounds = 2 + Math.floor(random() * 3);
  const fan = 1 + Math.floor(random() * 3);
  const delayMs = Math.floor(random() * 600);
  const asks = kind !== 'effects';
  const leftWaiting = kind === 'waiting';
  // the last round comes behind the question
  const made = leftWaiting ? rounds - 1 : rounds;
  const keys = Array.from({ length: made }, (_, round) => Array.from({ length: fan }, (__, i) => `${EFFECTS[(round + i) % EFFECTS.length]}/${key}/${round}.${i}`)).flat();
  return { index, graphId: 'effects', input: { key, rounds, fan, delayMs, asks }, keys, leftWaiting };
}
