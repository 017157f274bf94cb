import { CallSlots } from './call-slots';

describe('CallSlots', () => {
  it('lets so many go at once, and the others in their order', async () => {
    const slots = new CallSlots(2);
    const gone: number[] = [];
    const waits = [0, 1, 2, 3].map((i) => slots.take()?.then(() => gone.push(i)));
    expect(waits.map((wait) => wait === undefined)).toEqual([true, true, false, false]);
    slots.give();
    await waits[2];
    expect(gone).toEqual([2]);
    slots.give();
    await waits[3];
    slots.give();
    slots.give();
    expect([gone, slots.take(), slots.take(), slots.take() === undefined]).toEqual([[2, 3], undefined, undefined, false]);
  });

  it('refuses those that wait once it is closed', async () => {
    const slots = new CallSlots(1);
    void slots.take();
    const waiting = slots.take();
    slots.close(new Error('over'));
    await expect(waiting).rejects.toThrow('over');
    await expect(slots.take()).rejects.toThrow('over');
  });
});
