import type { FastifyReply } from 'fastify';

/** A page of a search and how many there are in all. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly offset: number;
}

/** Sets `X-Pagination-Total`, and `X-Pagination-Next` (an offset) when there is more; gives the page's items. */
export function sendPage<T>(reply: FastifyReply, page: Page<T>): readonly T[] {
  reply.header('X-Pagination-Total', String(page.total));
  const next = page.offset + page.items.length;
  if (page.items.length > 0 && next < page.total) reply.header('X-Pagination-Next', String(next));
  return page.items;
}

/** The object with the selected fields only; all of them without a selection. */
export function pick<T extends object>(value: T, select: readonly string[] | null | undefined): Partial<T> {
  if (select === null || select === undefined) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => select.includes(key))) as Partial<T>;
}
