/**
 * Works on what a round has claimed, one after the other. One that fails must not keep the others from their turn: it is told of, and the end of its
 * lease brings it back.
 */
export async function inTurn<T>(claimed: readonly T[], work: (one: T) => Promise<void>, tell: (error: unknown, one: T) => void): Promise<void> {
  for (const one of claimed) await work(one).catch((error: unknown) => tell(error, one));
}
