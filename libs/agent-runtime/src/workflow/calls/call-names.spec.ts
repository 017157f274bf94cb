import { CALL_ID } from '@holdfast/contracts/messages';
import { CallNames, namingOf } from './call-names';

const TASK = '0123456789abcdef';

describe('the names of calls', () => {
  it('are the same in whatever order the calls are made', () => {
    const calls = [['tool', 'a', 'f'], ['tool', 'b', 'f'], ['model', [{ type: 'human', content: 'a' }], undefined]];
    const named = (order: readonly number[]) => {
      const names = new CallNames('content');
      return new Map(order.map((i) => [i, names.next(TASK, calls[i]!)]));
    };
    const first = named([0, 1, 2]);
    expect(new Set(first.values()).size).toBe(3);
    for (const i of [0, 1, 2]) expect(named([2, 1, 0]).get(i)).toBe(first.get(i));
    expect(first.get(0)).toMatch(/^h[0-9a-f]{15}-0$/);
    for (const name of [...first.values(), new CallNames('digests').next(TASK, []), new CallNames('place').next(TASK, [])]) expect(name).toMatch(new RegExp(`^${CALL_ID}$`));
  });

  it('do not depend on the order of keys, and count calls that say the same', () => {
    const names = new CallNames('content');
    const one = names.next(TASK, ['agent', { graph: 'g', input: { x: 1, y: [{ p: 1, q: 2 }] } }]);
    const same = names.next(TASK, ['agent', { input: { y: [{ q: 2, p: 1 }], x: 1 }, graph: 'g' }]);
    expect([one.slice(0, 16), same]).toEqual([same.slice(0, 16), `${one.slice(0, 16)}-1`]);
    expect(names.next('fedcba9876543210', ['agent', {}])).not.toContain(one.slice(0, 16));
  });

  it('are counted within the task by place', () => {
    const names = new CallNames('place');
    expect([names.wereMade, names.next(TASK, ['x']), names.next(TASK, ['y'])]).toEqual([false, `${TASK}-0`, `${TASK}-1`]);
  });

  it.each([
    [{ callNaming: 'place' as const }, [], 'content' as const, 'place'],
    [{ callNaming: 'content' as const }, [], undefined, 'content'],
    [{}, [`${TASK}-0`], 'content' as const, 'place'],
    [{}, ['h23456789abcdef0-0'], 'content' as const, 'content'],
    [{}, ['h23456789abcdef0-0'], 'digests' as const, 'content'],
    [{}, ['g23456789abcdef0-0'], 'digests' as const, 'digests'],
    [{}, [], undefined, 'place'],
  ])('stay those that the run began with: %j, called %j, %s', (run, called, callNaming, expected) => {
    expect(namingOf(run, { called, ...(callNaming === undefined ? {} : { callNaming }) })).toBe(expected);
  });
});
