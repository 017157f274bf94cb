/*
 * Runs conversations of two tenants in sandboxes: each tenant alone, and all interleaved; then looks for writes to what they share. In a process
 * with the tuning of a real worker. Arguments: file of the bundle, graphs with their conversations as JSON; prints {@link IsolationReport}.
 */
import { createHash } from 'node:crypto';
import type { CatalogueTurn } from '../catalogue-conversations.ts';
import { Sandbox } from './sandbox.ts';
import { SandboxThread } from './sandbox-thread.ts';
import { SharedObjects } from './shared-objects.ts';

/** What was found. */
export interface IsolationReport {
  /** Commands of all conversations alone. */
  readonly commands: number;
  /** Graphs of the catalogue without a conversation. */
  readonly unheard: readonly string[];
  /** Runs that ended otherwise than well, as `<graph>: <status>`. */
  readonly ends: readonly string[];
  /** Conversations of which other seeds of the answers' order make another transcript. */
  readonly ordered: readonly string[];
  /** First difference of each conversation that is not what it is alone. */
  readonly differences: readonly string[];
  /** Objects that all runs share. */
  readonly objects: number;
  /** Paths of those that a run wrote to. */
  readonly written: readonly string[];
}

const [bundlePath, described] = process.argv.slice(2);
const conversations = JSON.parse(described!) as Record<string, readonly CatalogueTurn[]>;
const TENANTS = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];

type Transcripts = Map<string, SandboxThread>;

function threadsOf(sandbox: Sandbox, tenants: readonly string[], seed = ''): Transcripts {
  const made = tenants.flatMap((tenantId) => Object.entries(conversations).map(([graphId, turns]) => ({ tenantId, graphId, turns, seed: `${tenantId}${seed}` })));
  return new Map(made.map((about) => [`${about.graphId} of ${about.tenantId.slice(0, 1)}`, new SandboxThread(sandbox, about)]));
}

async function oneByOne(threads: Transcripts): Promise<Transcripts> {
  for (const thread of threads.values()) while (await thread.step());
  return threads;
}

/** Which thread comes next is chosen by the seed. */
async function interleaved(threads: Transcripts, seed: string): Promise<Transcripts> {
  const open = [...threads.values()];
  for (let step = 0; open.length > 0; step += 1) {
    const chosen = createHash('sha256').update(`${seed}/${step}`).digest().readUInt32BE(0) % open.length;
    if (!(await open[chosen]!.step())) open.splice(chosen, 1);
  }
  return threads;
}

function difference(name: string, how: string, expected: SandboxThread, actual: SandboxThread): string[] {
  const [a, b] = [expected.transcript, actual.transcript];
  const at = a.findIndex((line, i) => line !== b[i]);
  if (at < 0 && a.length === b.length) return [];
  const [before, now] = [a[at] ?? 'nothing', b[at < 0 ? a.length : at] ?? 'nothing'];
  const from = Math.max(0, [...before].findIndex((character, i) => character !== now[i]) - 100);
  return [`${name}, ${how}, command ${at}: …${before.slice(from, from + 300)}… became …${now.slice(from, from + 300)}…`];
}

const alone: Transcripts = new Map();
for (const tenant of TENANTS) for (const [name, thread] of await oneByOne(threadsOf(await Sandbox.load(bundlePath!), [tenant]))) alone.set(name, thread);

const shared = await Sandbox.load(bundlePath!);
const compared = (how: string, others: Transcripts): string[] => [...others].flatMap(([name, thread]) => difference(name, how, alone.get(name)!, thread));
const differences = compared('interleaved', await interleaved(threadsOf(shared, TENANTS), 'a'));
// What is made at the first use and then stays is there by now.
const { registeredGraph } = shared.exportsOf('./libs/agent-runtime/src/graph/registry.ts') as { registeredGraph(graphId: string): unknown };
const objects = new SharedObjects(shared, Object.fromEntries(Object.keys(conversations).map((graphId) => [`graph ${graphId}`, registeredGraph(graphId)])));
objects.setTraps();
const backwards = new Map([...threadsOf(shared, TENANTS)].reverse());
differences.push(...compared('interleaved again', await interleaved(backwards, 'b')));
const written = objects.written;
const otherwise = await oneByOne(threadsOf(shared, TENANTS.slice(0, 1), 'other'));

const catalogue = shared.exportsOf('./libs/graph-definitions/src/catalogue.ts') as { readonly GRAPHS: readonly { readonly graphId: string }[] };
const report: IsolationReport = {
  unheard: catalogue.GRAPHS.map(({ graphId }) => graphId).filter((graphId) => conversations[graphId] === undefined),
  commands: [...alone.values()].reduce((sum, { transcript }) => sum + transcript.length, 0),
  ends: [...alone].flatMap(([name, { journal }]) => journal.ends.filter((status) => status !== 'success').map((status) => `${name}: ${status}`)),
  ordered: [...otherwise].filter(([name, thread]) => difference(name, '', alone.get(name)!, thread).length > 0).map(([name]) => name),
  differences,
  objects: objects.count,
  written,
};
process.stdout.write(JSON.stringify(report), () => process.exit(0));
