import fc from 'fast-check';
import { tallyOf, voteOf } from './tally';

describe('votes', () => {
  it.each([
    ['VOTE: 2', 2],
    ['Both are good.\n**VOTE: 3** because', 3],
    ['vote - debater 1', 1],
    ['VOTE: #2', 2],
    ['VOTE: 4', null],
    ['VOTE: 0', null],
    ['VOTE: none', null],
    ['I prefer 2', null],
    ['', null],
  ])('are read: %j', (text, vote) => {
    expect(voteOf(text, 3)).toBe(vote);
  });

  it('decide by majority, and by the lower number among equals', () => {
    const ballots = (...votes: (number | null)[]) => votes.map((vote, i) => ({ judge: i + 1, vote }));
    expect(tallyOf(ballots(2, 3, 3), 3)).toEqual({ votes: [0, 1, 2], abstentions: 0, winner: 3 });
    expect(tallyOf(ballots(3, 2, null), 3)).toEqual({ votes: [0, 1, 1], abstentions: 1, winner: 2 });
    expect(tallyOf([], 2)).toEqual({ votes: [0, 0], abstentions: 0, winner: 1 });
  });

  it('give the same result in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 1, max: 4 })), { maxLength: 9 }), (votes) => {
        const ballots = votes.map((vote, judge) => ({ judge, vote }));
        expect(tallyOf([...ballots].reverse(), 4)).toEqual(tallyOf(ballots, 4));
      }),
    );
  });
});
