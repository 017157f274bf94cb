/**
 * Replaces `@langchain/langgraph-checkpoint/dist/id.js` in the workflow bundle (see worker/bundler).
 * The original keeps clock counters in its module. Preloaded modules are shared by all workflows of a V8 context, so those
 * counters leak from run to run, and a replay computes other checkpoint ids, task ids and interrupt ids than the first execution.
 * Here they live on the global object, which the SDK keeps apart per workflow. The ids are compared inside one thread only, so a
 * plain 128-bit mix replaces SHA-1 and random bytes.
 */

import { formerName } from './renamed-tasks';

interface ClockState {
  ms: number;
  ticks: number;
  /** Last part of the ids: 12 hexadecimal digits. */
  node: string;
}

const GREGORIAN_OFFSET_MS = 12_219_292_800_000n;
/** 100-ns ticks in a millisecond; UUID v6 counts in them. */
const TICKS_PER_MS = 10_000;

/** The SDK keeps the global object's properties apart per workflow; a module's own are shared. */
const scope = (): { __holdfastIdClock?: ClockState } => globalThis as unknown as { __holdfastIdClock?: ClockState };

/**
 * Begins the ids of a run: from now on each is one tick after the one before. The time is read here and not for each id: a workflow task
 * that is executed again has another time, and would give checkpoints that the journal holds already other ids.
 * @param owner what the ids belong to: runs that begin in the same millisecond must not have the same ids
 * @param after an id that the next ones must sort behind: the checkpoint that the run goes on from
 */
export function startIdClock(owner: string, after?: string): ClockState {
  return startClock(uuid5(owner, 'node').slice(-12), after);
}

/** Begins ids of the owner of a checkpoint, behind it: what starts from the next ones has the names that it had. */
export function continueIdClock(after: string): void {
  startClock(after.slice(-12), after);
}

function startClock(node: string, after: string | undefined): ClockState {
  const used = scope().__holdfastIdClock?.ms ?? 0;
  const clock = { ms: Math.max(Date.now(), used + 1, after === undefined ? 0 : msOf(after) + 1), ticks: 0, node };
  scope().__holdfastIdClock = clock;
  return clock;
}

/** Sortable id: a UUID v6 that counts up from {@link startIdClock}; its clock sequence is LangGraph's step. */
export function uuid6(clockseq: number): string {
  const clock = scope().__holdfastIdClock ?? startIdClock('');
  const time = ((BigInt(clock.ms) + GREGORIAN_OFFSET_MS) * BigInt(TICKS_PER_MS) + BigInt(clock.ticks)).toString(16).padStart(15, '0');
  clock.ticks += 1;
  if (clock.ticks === TICKS_PER_MS) {
    clock.ms += 1;
    clock.ticks = 0;
  }
  const seq = (clockseq & 0xfff).toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-6${time.slice(12)}-8${seq}-${clock.node}`;
}

/** Time in a UUID v6, in whole milliseconds since 1970. */
function msOf(id: string): number {
  const [high = '', middle = '', low = ''] = id.split('-');
  return Number(BigInt(`0x${high}${middle}${low.slice(1)}`) / BigInt(TICKS_PER_MS) - GREGORIAN_OFFSET_MS);
}

/**
 * Id that depends on its arguments only; shaped like a UUID v5, because LangGraph looks at the version digit. Hash: cyrb128.
 *
 * LangGraph names a task by its step, its place and the id of the checkpoint that it starts from. Of such an id only the owner counts here: a
 * checkpoint that was lost before it was stored is made again with another time, and its tasks must have the names they had, because
 * calls that they finished stand under these names in the ledgers.
 */
export function uuid5(name: string, namespace: string): string {
  const owner = isCheckpointId(namespace) ? namespace.slice(-12) : namespace;
  const [h1, h2, h3, h4] = cyrb128(`${owner}\0${formerName(name, namespace)}`).map(hex8) as [string, string, string, string];
  return `${h1}-${h2.slice(0, 4)}-5${h2.slice(5)}-8${h3.slice(1, 4)}-${h3.slice(4)}${h4}`;
}

/** Ids of {@link uuid6} have their version where tasks and callers have another. */
function isCheckpointId(id: string): boolean {
  return id.length === 36 && id[14] === '6';
}

function cyrb128(text: string): [number, number, number, number] {
  let a = 1779033703;
  let b = 3144134277;
  let c = 1013904242;
  let d = 2773480762;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ k, 597399067);
    b = c ^ Math.imul(b ^ k, 2869860233);
    c = d ^ Math.imul(c ^ k, 951274213);
    d = a ^ Math.imul(d ^ k, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  a ^= b ^ c ^ d;
  return [a, b ^ a, c ^ a, d ^ a];
}

function hex8(n: number): string {
  return (n >>> 0).toString(16).padStart(8, '0');
}
