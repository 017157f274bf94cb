import { cpuOf, parseStat } from './cpu';

it('reads a stat line whose command holds parentheses and spaces', () => {
  const stat = '4242 (postgres: (x) y) S 17 4242 4242 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 5 6 7';
  expect(parseStat(stat)).toEqual({ pid: 4242, parent: 17, cpuMs: 1000 });
});

it('counts the CPU of this process', () => {
  const before = cpuOf({ self: process.pid })['self'] ?? 0;
  const end = performance.now() + 200;
  while (performance.now() < end);
  expect((cpuOf({ self: process.pid })['self'] ?? 0) - before).toBeGreaterThanOrEqual(50);
});
