import { setTimeout as sleep } from 'node:timers/promises';
import { readStackProcesses } from '@holdfast/testing';
import type { Random } from '../random';

/** Processes of a stack that are killed; those that count effects are not among them, nor is who supervises. */
export const VICTIMS = ['worker', 'api-gateway', 'tool-router', 'event-bridge', 'temporal', 'nats', 'redis', 'postgres', 'everything-mcp'] as const;

/** A process that was killed. */
export interface Kill {
  readonly victim: string;
  /** By the clock that the journal's times are of, milliseconds since 1970. */
  readonly at: number;
}

/** Options of {@link killAgainAndAgain}. */
export interface KillerOptions {
  readonly home: string;
  readonly everyMs: number;
  readonly random: Random;
  /** Ends the killing. */
  readonly signal: AbortSignal;
  onKill(kill: Kill): void;
}

/** Kills a process of the stack (SIGKILL), again and again. One that is not back yet is left alone: the next in line dies in its place. */
export async function killAgainAndAgain({ home, everyMs, random, signal, onKill }: KillerOptions): Promise<void> {
  for (;;) {
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const wanted = Math.floor(random() * VICTIMS.length);
    const serving = readStackProcesses(home).filter(({ state, pid }) => state === 'ready' && pid > 0);
    const inOrder = [...VICTIMS.slice(wanted), ...VICTIMS.slice(0, wanted)];
    const victim = inOrder.map((name) => serving.find((process) => process.name === name)).find((process) => process !== undefined);
    if (victim === undefined || !endHard(victim.pid)) continue;
    onKill({ victim: victim.name, at: Date.now() });
  }
}

/** False when it has gone already. */
function endHard(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
