import type { Frame } from '@holdfast/contracts/events';
import fc from 'fast-check';
import { FrameNames } from './frame-names';

const custom = (data: unknown, ns: string[] = []): Frame => ({ ns, mode: 'custom', data });
const task = (id: string, rest: object): Frame => ({ ns: [], mode: 'tasks', data: { id, name: 'n', ...rest } });

describe('FrameNames', () => {
  it('counts equal frames within a superstep and a namespace', () => {
    const names = new FrameNames();
    const told = [custom('x'), custom('y'), custom('x'), custom('x', ['a:1'])].map((frame) => names.next(1, frame));
    expect(told).toEqual([{ step: 1 }, { step: 1 }, { step: 1, nth: 1 }, { step: 1 }]);
    expect(names.next(2, custom('x'))).toEqual({ step: 2 });
  });

  it('takes frames for equal that differ in the order of keys, which the journal forgets', () => {
    const names = new FrameNames();
    names.next(1, custom({ a: 1, b: { c: 1, d: 2 } }));
    expect(names.next(1, custom({ b: { d: 2, c: 1 }, a: 1 }))).toEqual({ step: 1, nth: 1 });
  });

  it('tells the start of a task from its end, and from other tasks', () => {
    const names = new FrameNames();
    const told = [task('1', { triggers: [] }), task('2', { triggers: [] }), task('1', { result: {} }), task('1', { triggers: [] })].map((frame) => names.next(1, frame));
    expect(told).toEqual([{ step: 1 }, { step: 1 }, { step: 1 }, { step: 1, nth: 1 }]);
  });

  it('gives a superstep the same names whatever order its frames come in', () => {
    const tell = (contents: readonly number[]): string[] => {
      const names = new FrameNames();
      return contents.map((data) => JSON.stringify([data, names.next(1, custom(data))])).sort();
    };
    const anOrder = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 10 }).chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(fc.property(anOrder, ([contents, again]) => expect(tell(again)).toEqual(tell(contents))));
  });
});
