import type { CallSite } from '../../graph';
import { CallingNodes } from './calling-nodes';

const at = (...path: string[]): CallSite => ({ node: 'n', ns: path.slice(0, -1), path, task: '0123456789abcdef' });

it('knows the nodes that have calls under way, however many each has', () => {
  const nodes = new CallingNodes();
  const [first, second, elsewhere] = [nodes.begin(at('n:1')), nodes.begin(at('n:1')), nodes.begin(at('n:2', 'm:1'))];
  const done = (): boolean[] => [at('n:1'), at('n:2'), at('n:2', 'm:1')].map((site) => nodes.areDone(site));
  expect(done()).toEqual([false, true, false]);
  first();
  elsewhere();
  expect(done()).toEqual([false, true, true]);
  second();
  expect(done()).toEqual([true, true, true]);
});
