import { RecentTurns } from './recent-turns';

describe('recent turns', () => {
  let now = 1;
  let turns: RecentTurns;
  beforeEach(() => {
    now = 1;
    turns = new RecentTurns(30_000, () => now);
  });

  it('let a thread linger from its second turn on, and expect it to from the third on', () => {
    expect(turns.next('t', 'thread', 'one')).toEqual({ lingers: false });
    expect(turns.next('t', 'thread', 'two')).toEqual({ lingers: false, lingerMs: 30_000 });
    expect(turns.next('t', 'thread', 'three')).toEqual({ lingers: true, lingerMs: 30_000 });
  });

  it('take a repeated delivery for what it is', () => {
    turns.next('t', 'thread', 'one');
    expect(turns.next('t', 'thread', 'one')).toEqual({ lingers: false });
    turns.next('t', 'thread', 'two');
    expect(turns.next('t', 'thread', 'two')).toEqual({ lingers: false, lingerMs: 30_000 });
  });

  it('keep tenants apart, and forget a thread after some minutes', () => {
    turns.next('t', 'thread', 'one');
    expect(turns.next('other', 'thread', 'two')).toEqual({ lingers: false });
    now += 5 * 60_000 + 1;
    expect(turns.next('t', 'thread', 'two')).toEqual({ lingers: false });
  });

  it('let nothing linger when told so', () => {
    const never = new RecentTurns(0);
    never.next('t', 'thread', 'one');
    expect(never.next('t', 'thread', 'two')).toEqual({ lingers: false });
  });
});
