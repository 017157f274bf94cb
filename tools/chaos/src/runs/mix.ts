import { pick, type Random } from '../random';

/** What a run of the graph `effects` stops for before its last round; tools/chaos/graphs/effects.ts knows them too. */
export type Stop = 'nothing' | 'person' | 'time' | 'event' | 'approval';

/** What people do about an approval. */
export type Decision = 'approve' | 'edit' | 'reject';

/** A run that is to be started. */
export interface PlannedRun {
  /** Place in the plan; with the seed it names the run for ever. */
  readonly index: number;
  readonly graphId: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly configurable?: Readonly<Record<string, unknown>>;
  /** Keys of tool calls that have been counted when the run is over; empty for graphs without counted tools. */
  readonly keys: readonly string[];
  readonly stop: Stop;
  /** How its approval is decided. */
  readonly decision?: Decision;
  /** Its event is posted at once, long before it is waited for; else when the run waits. */
  readonly early?: boolean;
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
  { weight: 34, kind: 'nothing' },
  { weight: 6, kind: 'person' },
  { weight: 6, kind: 'time' },
  { weight: 6, kind: 'event' },
  { weight: 8, kind: 'approval' },
  { weight: 2, kind: 'left waiting' },
  { weight: 38, kind: 'pattern' },
] as const;
const DECISIONS = ['approve', 'edit', 'reject'] as const;

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

/** The run that crons make. */
export function cronRun(): PlannedRun {
  return patternRuns().find(({ graphId }) => graphId === 'react')!;
}

/** What people make of the key that an approval shows. */
export function editedKey(key: string): string {
  return `${key}-edited`;
}

function patternRun({ graphId, input, configurable }: (typeof PATTERNS)[number], index: number): PlannedRun {
  return { index, graphId, input, ...(configurable === undefined ? {} : { configurable }), keys: [], stop: 'nothing', leftWaiting: false };
}

function effectsRun(index: number, key: string, kind: Stop | 'left waiting', random: Random): PlannedRun {
  const rounds = 2 + Math.floor(random() * 3);
  const fan = 1 + Math.floor(random() * 3);
  const delayMs = Math.floor(random() * 600);
  const choice = random();
  const leftWaiting = kind === 'left waiting';
  const stop = leftWaiting ? (choice < 0.5 ? 'person' : 'approval') : kind;
  const decision = stop === 'approval' && !leftWaiting ? DECISIONS[Math.floor(choice * DECISIONS.length)]! : undefined;
  // the last round comes behind the stop
  const made = leftWaiting || decision === 'reject' ? rounds - 1 : rounds;
  const keys = Array.from({ length: made }, (_, round) => {
    const shown = decision === 'edit' && round === rounds - 1 ? editedKey(key) : key;
    return Array.from({ length: fan }, (__, i) => `${EFFECTS[(round + i) % EFFECTS.length]}/${shown}/${round}.${i}`);
  }).flat();
  const planned = { index, graphId: 'effects', input: { key, rounds, fan, delayMs, stop }, keys, stop, leftWaiting };
  return { ...planned, ...(decision === undefined ? {} : { decision }), ...(stop === 'event' ? { early: choice < 0.5 } : {}) };
}
