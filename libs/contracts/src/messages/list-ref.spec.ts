import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { listHashes, withLists } from './index';

const hashOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe('parts of lists', () => {
  it('come back in their places', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 20 }), fc.nat(20), fc.nat(20), (list, a, b) => {
        const [from, to] = [Math.min(a, b, list.length), Math.min(Math.max(a, b), list.length)];
        const text = JSON.stringify(list.slice(from, to));
        const short = { deep: { list: [...list.slice(0, from), { $list: hashOf(text), count: to - from }, ...list.slice(to)] } };
        expect(listHashes(short)).toEqual([hashOf(text)]);
        expect(JSON.stringify(withLists(short, new Map([[hashOf(text), text]])))).toBe(JSON.stringify({ deep: { list } }));
      }),
    );
  });

  it('stay as they are without their text, and when it is no list', () => {
    const value = { list: [{ $list: hashOf('x'), count: 1 }, { $list: hashOf('{}'), count: 1 }] };
    expect(withLists(value, new Map())).toBe(value);
    expect(withLists(value, new Map([[hashOf('x'), 'x'], [hashOf('{}'), '{}']]))).toBe(value);
  });

  it('are not looked for in what has another form', () => {
    expect(listHashes([{ $list: 'sha256:1', count: 1 }, { $list: hashOf('x') }, null, 'x'])).toEqual([]);
  });
});
