import { type RNG, alea } from '@temporalio/workflow/lib/alea';

/** The SDK keeps the global object's properties apart per workflow; a module's own are shared. */
const scope = (): { __holdfastRandom?: RNG } => globalThis as unknown as { __holdfastRandom?: RNG };

/**
 * Begins the random numbers of a run. The SDK's own begin anew whenever a workflow is executed from its start: a run that then goes on from
 * a later checkpoint would give its next message the id that its first one has, and the reducer would put it in that one's place.
 * @param origin what the numbers belong to: the run and the checkpoint that it goes on from
 */
export function startRandom(origin: string): void {
  scope().__holdfastRandom = alea([...origin].map((character) => character.charCodeAt(0)));
}

/** From 0 to below 1; replay-safe, and for the same reason not secret. */
export function random(): number {
  return (scope().__holdfastRandom ?? Math.random)();
}
