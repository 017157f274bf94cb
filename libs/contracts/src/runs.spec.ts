import { RUN_ENDS, RUN_STATUSES, interruptSchema, isTerminal, runStatusOf } from './runs';

it('maps every end to a terminal status of the protocol', () => {
  for (const end of RUN_ENDS) {
    expect(RUN_STATUSES).toContain(runStatusOf(end));
    expect(isTerminal(runStatusOf(end))).toBe(true);
  }
  expect(RUN_STATUSES.filter((status) => !isTerminal(status))).toEqual(['pending', 'running']);
});

it('accepts an interrupt that asks nothing', () => {
  expect(interruptSchema.parse({ id: 'i' })).toEqual({ id: 'i' });
});
