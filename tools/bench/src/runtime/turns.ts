import { z } from 'zod';
import { BenchApi } from '../api';
import { quantile } from '../statistics';
import type { StackUnderTest } from '../stack-under-test';
import { THREE_CALLS } from '../workload';

/** Turns before these are a thread's start: it lingers from its second one on. */
const FIRST_LATER_TURN = 3;
const threadSchema = z.looseObject({ thread_id: z.string() });
const answerSchema = z.looseObject({ results: z.array(z.string()) });

/** Later turns of threads whose workflows are still open. */
export interface TurnFigures {
  readonly threads: number;
  /** Turns that were measured. */
  readonly turns: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly turnsPerSecond: number;
}

/** Lets each thread make `each` turns, one after the other, all threads beside each other; counts from the third turn on. */
export async function measureTurns(stack: StackUnderTest, { threads, each }: { readonly threads: number; readonly each: number }): Promise<TurnFigures> {
  const api = new BenchApi(stack);
  const ids = await Promise.all(Array.from({ length: threads }, () => newThread(api)));
  for (let turn = 1; turn < FIRST_LATER_TURN; turn++) await Promise.all(ids.map((id) => makeTurn(api, id, turn)));
  const latencies: number[] = [];
  const start = performance.now();
  await Promise.all(
    ids.map(async (id) => {
      for (let turn = FIRST_LATER_TURN; turn <= each; turn++) latencies.push(await makeTurn(api, id, turn));
    }),
  );
  const turnsPerSecond = (latencies.length * 1000) / (performance.now() - start);
  return { threads, turns: latencies.length, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), turnsPerSecond };
}

async function newThread(api: BenchApi): Promise<string> {
  const response = await api.accepted('/threads', {});
  return threadSchema.parse(await response.json()).thread_id;
}

async function makeTurn(api: BenchApi, threadId: string, turn: number): Promise<number> {
  const input = `#${threadId} ${turn}.`;
  const start = performance.now();
  const response = await api.accepted(`/threads/${threadId}/runs/wait`, { assistant_id: THREE_CALLS.graphId, input: { input } });
  const body = await response.text();
  const latencyMs = performance.now() - start;
  const answer = answerSchema.safeParse(JSON.parse(body));
  const mine = answer.data?.results.slice(-THREE_CALLS.results) ?? [];
  if (mine.length < THREE_CALLS.results || !mine.every((text) => text.includes(input))) throw new Error(`turn ${turn} answered ${response.status}: ${body.slice(0, 300)}`);
  return latencyMs;
}
