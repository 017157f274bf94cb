import type { Ballot, Tally } from './state';

/** The debater that a judge names (`VOTE: 2`); null when the text names none of them. */
export function voteOf(text: string, debaters: number): number | null {
  const vote = Number(/\bVOTE\b[^\w\n]*(?:debater\s*)?#?(\d+)/i.exec(text)?.[1]);
  return Number.isInteger(vote) && vote >= 1 && vote <= debaters ? vote : null;
}

/** Counts. Most votes win; of equals the one with the lowest number, so that the same ballots always give the same winner. */
export function tallyOf(ballots: readonly Ballot[], debaters: number): Tally {
  const votes = Array.from({ length: debaters }, (_, i) => ballots.filter(({ vote }) => vote === i + 1).length);
  return { votes, abstentions: ballots.filter(({ vote }) => vote === null).length, winner: votes.indexOf(Math.max(...votes)) + 1 };
}
