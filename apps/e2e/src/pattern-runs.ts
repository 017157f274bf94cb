import { z } from 'zod';
import type { TestTenant } from './tenant';

/** Input of a graph that is asked by messages. */
export function asking(content: string): { messages: object[] } {
  return { messages: [{ role: 'user', content }] };
}

interface Part {
  readonly event: string;
  readonly data: unknown;
}

/** What a viewer saw of a run: who did what, where. */
export interface Seen {
  readonly threadId: string;
  readonly runId: string;
  /** Nodes in the order in which they ended; those of sub-graphs behind the name of their graph's node: `research/think`. */
  readonly nodes: readonly string[];
  /** What nodes reported, without the place. */
  readonly custom: readonly unknown[];
  /** Sub-graphs as the event names carry them: `research:<task id>`. */
  readonly namespaces: readonly string[];
  /** What persons are asked. */
  readonly questions: readonly unknown[];
  readonly parts: readonly Part[];
}

const interrupts = z.object({ __interrupt__: z.array(z.looseObject({ value: z.unknown() })) });

/** What a run is started with. */
export interface SeenRun {
  readonly threadId?: string;
  readonly input?: Record<string, unknown>;
  /** Answers what a person was asked. */
  readonly resume?: unknown;
  readonly configurable?: Record<string, unknown>;
}

/** Runs a graph, and sees what the unmodified SDK shows of it, sub-graphs among it. */
export async function see({ client }: TestTenant, graphId: string, run: SeenRun): Promise<Seen> {
  const threadId = run.threadId ?? (await client.threads.create()).thread_id;
  let runId = '';
  const stream = client.runs.stream(threadId, graphId, {
    ...(run.input === undefined ? {} : { input: run.input }),
    ...(run.resume === undefined ? {} : { command: { resume: run.resume } }),
    ...(run.configurable === undefined ? {} : { config: { configurable: run.configurable } }),
    streamMode: ['updates', 'custom', 'messages-tuple'],
    streamSubgraphs: true,
    onRunCreated: (created) => (runId = created.run_id),
  });
  const parts: Part[] = [];
  for await (const { event, data } of stream) parts.push({ event, data });
  return { threadId, runId, parts, ...digest(parts) };
}

function digest(parts: readonly Part[]): Pick<Seen, 'nodes' | 'custom' | 'namespaces' | 'questions'> {
  const nodes: string[] = [];
  const custom: unknown[] = [];
  const namespaces = new Set<string>();
  let questions: unknown[] = [];
  for (const { event, data } of parts) {
    const [mode, ...ns] = event.split('|');
    if (ns.length > 0) namespaces.add(ns.join('|'));
    if (mode === 'custom') custom.push(data);
    if (mode !== 'updates') continue;
    const asked = interrupts.safeParse(data);
    if (asked.success) {
      if (ns.length === 0) questions = asked.data.__interrupt__.map(({ value }) => value);
    } else nodes.push(...Object.keys(data as object).map((node) => [...ns.map((part) => part.split(':')[0]), node].join('/')));
  }
  return { nodes, custom, namespaces: [...namespaces], questions };
}
