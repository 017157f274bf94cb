import { v6 } from '@langchain/core/utils/uuid';
import { continueIdClock, startIdClock, uuid5, uuid6 } from './ids';

const state = globalThis as { __holdfastIdClock?: unknown };
const at = (ms: number): void => {
  Date.now = () => ms;
};
const now = Date.now;

beforeEach(() => {
  delete state.__holdfastIdClock;
});
afterEach(() => {
  Date.now = now;
});

describe('uuid6', () => {
  it('puts the time where LangChain’s own version puts it', () => {
    at(1_790_000_000_123);
    const ours = uuid6(-1);
    const theirs = v6({ msecs: 1_790_000_000_123, nsecs: 0, clockseq: 0 });
    expect(ours.slice(0, 18)).toBe(theirs.slice(0, 18));
    expect(ours).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-6[0-9a-f]{3}-8fff-[0-9a-f]{12}$/);
  });

  it('only goes up, also when the clock stands or steps back', () => {
    const ids: string[] = [];
    for (let i = 0; i < 25_000; i++) {
      at(i < 20_000 ? 1_000 : 999);
      ids.push(uuid6(0));
    }
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('depends on the start of the run and on what it made before, on nothing else', () => {
    const make = (laterMs: number): string[] => {
      delete state.__holdfastIdClock;
      at(5_000);
      startIdClock('r');
      const ids = [uuid6(0), uuid6(1)];
      at(laterMs);
      return [...ids, uuid6(2)];
    };
    expect(make(5_000)).toEqual(make(9_000));
  });

  it('differs between runs that begin in the same millisecond', () => {
    at(5_000);
    const idOf = (owner: string): string => {
      delete state.__holdfastIdClock;
      startIdClock(owner);
      return uuid6(0);
    };
    expect(new Set(Array.from({ length: 1_000 }, (_, i) => idOf(`t/${i}`))).size).toBe(1_000);
    expect(idOf('t/1')).toBe(idOf('t/1'));
  });

  it('begins behind the checkpoint that it goes on from, and behind its own last ids, whatever the clock says', () => {
    at(7_000);
    startIdClock('r');
    const old = uuid6(3);
    at(6_000);
    startIdClock('r', old);
    const next = uuid6(0);
    expect(next > old).toBe(true);
    delete state.__holdfastIdClock;
    startIdClock('r', next);
    expect(uuid6(0) > next).toBe(true);
  });
});

describe('uuid5', () => {
  it('depends on name and namespace only, has the form of version 5, and spreads', () => {
    expect(uuid5('a', 'ns')).toBe(uuid5('a', 'ns'));
    expect(uuid5('a', 'ns')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    const ids = new Set(Array.from({ length: 50_000 }, (_, i) => uuid5(`name ${i}`, 'ns')));
    expect(ids.size).toBe(50_000);
    expect(uuid5('a', 'ns')).not.toBe(uuid5('ans', ''));
  });

  it('names a task the same when the checkpoint that it starts from was lost and is made again, but not for another owner', () => {
    const taskOf = (owner: string, ms: number): string => {
      delete state.__holdfastIdClock;
      at(ms);
      startIdClock(owner);
      return uuid5('["",1,"node"]', uuid6(1));
    };
    expect(taskOf('r', 5_000)).toBe(taskOf('r', 9_000));
    expect(taskOf('r', 5_000)).not.toBe(taskOf('other', 5_000));
  });

  it('names a task the same when a checkpoint of the same owner is put in front of the one that it starts from', () => {
    at(5_000);
    startIdClock('r');
    const [head] = [uuid6(1), uuid6(1)];
    delete state.__holdfastIdClock;
    at(3_000);
    continueIdClock(head);
    const front = uuid6(1);
    expect(front > head).toBe(true);
    expect(uuid5('["",1,"node"]', front)).toBe(uuid5('["",1,"node"]', head));
  });
});
