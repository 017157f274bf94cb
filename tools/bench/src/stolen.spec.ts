import { machineTime, stolenBetween } from './stolen';

const stat = (steal: number, idle: number): string => `cpu  100 5 50 ${idle} 10 0 5 ${steal} 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\nintr 1\n`;

it('tells what part of the processor time other machines had', () => {
  expect(stolenBetween(machineTime(stat(10, 1_000)), machineTime(stat(60, 1_050)))).toBeCloseTo(0.5);
  expect(stolenBetween(machineTime(stat(10, 1_000)), machineTime(stat(10, 1_000)))).toBe(0);
});

it('reads this machine', () => {
  const now = machineTime();
  expect(now.total).toBeGreaterThan(now.stolen);
});
