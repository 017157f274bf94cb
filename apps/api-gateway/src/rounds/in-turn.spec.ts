import { inTurn } from './in-turn';

it('works on all in their order, one after the other, and tells of those that failed', async () => {
  const seen: string[] = [];
  const work = async (one: number): Promise<void> => {
    seen.push(`begin ${one}`);
    await Promise.resolve();
    if (one === 2) throw new Error('no');
    seen.push(`end ${one}`);
  };
  await inTurn([1, 2, 3], work, (error, one) => seen.push(`${one}: ${(error as Error).message}`));
  expect(seen).toEqual(['begin 1', 'end 1', 'begin 2', '2: no', 'begin 3', 'end 3']);
});
