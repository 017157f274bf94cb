import { LocalRow } from './local-row';

/** How many of so many calls may be local. */
const local = (row: LocalRow, calls: number): number => Array.from({ length: calls }, () => row.take()).filter(Boolean).length;

describe('LocalRow', () => {
  it('holds sixty-four calls, and as many again when it has ended', () => {
    const row = new LocalRow();
    expect(local(row, 70)).toBe(64);
    row.end();
    expect(local(row, 70)).toBe(64);
  });

  it('ends after half a second of calls', () => {
    const row = new LocalRow();
    row.took(499);
    expect(row.take()).toBe(true);
    row.took(1);
    expect(row.take()).toBe(false);
    row.end();
    expect(row.take()).toBe(true);
  });

  it.each([
    ['answer', () => Promise.resolve('said'), 'said'],
    ['failure', () => Promise.reject(new Error('down')), 'down'],
  ])('ends with the %s of a call, not before', async (_, make, outcome) => {
    const row = new LocalRow();
    row.took(500);
    const ending = row.endsWith(make());
    expect(row.take()).toBe(false);
    await expect(ending.catch((error: Error) => error.message)).resolves.toBe(outcome);
    expect(row.take()).toBe(true);
  });
});
