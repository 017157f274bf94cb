/** What a task gave, and is not in a checkpoint yet. */
export interface PendingTaskWrite {
  readonly taskId: string;
  readonly channel: string;
  readonly value: unknown;
  readonly path: string;
  readonly idx: number;
}

/** By namespace, NUL, checkpoint id: of each namespace those at its newest checkpoint. */
export type WritesByPlace = Map<string, PendingTaskWrite[]>;

/** Channels in which LangGraph keeps what a task asks, and what it was answered. */
export const INTERRUPT = '__interrupt__';
export const RESUME = '__resume__';

/** The innermost task that asked: the tasks above it have the question, too. */
export function questionAt(writes: WritesByPlace, id: string): { readonly key: string; readonly taskId: string; readonly path: string } | undefined {
  const found = [...writes].flatMap(([key, list]) =>
    list.filter((write) => write.channel === INTERRUPT && idsOf(write.value).includes(id)).map(({ taskId, path }) => ({ key, taskId, path })),
  );
  return found.sort((a, b) => b.key.split('|').length - a.key.split('|').length || b.key.indexOf('\0') - a.key.indexOf('\0'))[0];
}

/**
 * A sub-graph got another checkpoint: what it asked at the one before is taken from the tasks on the way to it, with the answers they had, and what was
 * asked below it is gone. What is asked beside it stays.
 * @param place the way to the sub-graph, from the outermost: `['research:<task id>', …]`
 */
export function withdrawQuestions(writes: WritesByPlace, place: readonly string[]): void {
  const below = `${place.join('|')}|`;
  for (const key of writes.keys()) if (key.startsWith(below)) writes.delete(key);
  for (let depth = place.length; depth > 0; depth -= 1) {
    const asked = new Set(listsAt(writes, place.slice(0, depth)).flatMap(([, list]) => list.filter(isQuestion).flatMap(({ value }) => idsOf(value))));
    const taskId = place[depth - 1]?.split(':')[1];
    for (const [key, list] of listsAt(writes, place.slice(0, depth - 1))) {
      const [mine, others] = [list.filter((write) => write.taskId === taskId), list.filter((write) => write.taskId !== taskId)];
      writes.set(key, [...others, ...stillAsking(mine, asked)]);
    }
  }
}

/** What a task has written without the questions that are not asked below it any more. */
function stillAsking(written: readonly PendingTaskWrite[], asked: ReadonlySet<unknown>): PendingTaskWrite[] {
  const left = written.filter(isQuestion).map((write) => ({ ...write, value: interruptsOf(write.value).filter(({ id }) => asked.has(id)) }));
  const asking = left.filter(({ value }) => value.length > 0);
  return [...written.filter(({ channel }) => channel !== INTERRUPT && (channel !== RESUME || asking.length > 0)), ...asking];
}

function listsAt(writes: WritesByPlace, place: readonly string[]): [key: string, list: PendingTaskWrite[]][] {
  const prefix = `${place.join('|')}\0`;
  return [...writes].filter(([key]) => key.startsWith(prefix));
}

function isQuestion({ channel }: { readonly channel: string }): boolean {
  return channel === INTERRUPT;
}

function idsOf(value: unknown): unknown[] {
  return interruptsOf(value).map(({ id }) => id);
}

/** LangGraph keeps one or a list of them. */
function interruptsOf(value: unknown): { readonly id?: unknown }[] {
  return (Array.isArray(value) ? value : [value]).map((interrupt) => (interrupt ?? {}) as { id?: unknown });
}
