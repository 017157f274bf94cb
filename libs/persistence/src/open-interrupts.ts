import type { Interrupt } from '@holdfast/contracts/runs';
import { taskSnapshot } from './rows.schema';

const finishedTask = taskSnapshot.refine(({ result }) => result !== undefined && result !== null);

/** An interrupt that a person, the clock or an event can answer. */
export interface OpenInterrupt {
  readonly id: string;
  readonly value: unknown;
}

/**
 * What a run that ends still asks.
 * @param tasks of the checkpoint that the run ends on: one that has finished beside one that waits still shows what it asked
 */
export function openInterrupts(interrupts: Readonly<Record<string, readonly Interrupt[]>>, tasks: readonly unknown[]): OpenInterrupt[] {
  const finished = new Set(tasks.flatMap((task) => finishedTask.safeParse(task).data?.id ?? []));
  return Object.entries(interrupts)
    .flatMap(([task, asked]) => (finished.has(task) ? [] : asked))
    .flatMap(({ id, value }) => (id === undefined ? [] : [{ id, value }]));
}
