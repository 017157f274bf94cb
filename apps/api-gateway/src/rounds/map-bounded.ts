/** Calls to Temporal or PostgreSQL that one request may have under way. */
const WIDTH = 16;

/**
 * Works on all items, 16 at a time; what fails does not keep the others from their turn.
 * @returns the results in the order of the items
 * @throws the first failure, after all have been worked on
 */
export async function mapBounded<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  for (let start = 0; start < items.length; start += WIDTH) {
    for (const outcome of await Promise.allSettled(items.slice(start, start + WIDTH).map(work))) {
      if (outcome.status === 'fulfilled') results.push(outcome.value);
      else failures.push(outcome.reason);
    }
  }
  if (failures.length > 0) throw failures[0];
  return results;
}
