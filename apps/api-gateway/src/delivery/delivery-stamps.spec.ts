import { jest } from '@jest/globals';
import type { RunsRepository } from '@holdfast/persistence';
import { DeliveryStamps } from './delivery-stamps';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('the stamps of delivered runs', () => {
  let written: [string, readonly string[]][];
  let fails: boolean;
  let stamps: DeliveryStamps;
  beforeEach(() => {
    jest.useFakeTimers();
    written = [];
    fails = false;
    const markDelivered = ({ tenantId }: { tenantId: string }, ids: readonly string[]): Promise<void> => {
      written.push([tenantId, ids]);
      return fails ? Promise.reject(new Error('away')) : Promise.resolve();
    };
    stamps = new DeliveryStamps({ markDelivered } as unknown as RunsRepository, silent);
  });
  afterEach(() => void jest.useRealTimers());

  it('are written together, per tenant, within 250 ms', async () => {
    for (const id of ['1', '2', '3']) stamps.add('a', id);
    stamps.add('b', '4');
    await jest.advanceTimersByTimeAsync(200);
    expect(written).toEqual([]);
    await jest.advanceTimersByTimeAsync(50);
    expect(written).toEqual([['a', ['1', '2', '3']], ['b', ['4']]]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(written).toHaveLength(2);
  });

  it('are written at once when there are many', async () => {
    for (let n = 0; n < 500; n += 1) stamps.add('a', String(n));
    await jest.advanceTimersByTimeAsync(1);
    expect(written.map(([, ids]) => ids.length)).toEqual([500]);
  });

  it('are written before the process ends', async () => {
    stamps.add('a', '1');
    await stamps.flush();
    expect(written).toEqual([['a', ['1']]]);
  });

  it('may fail: the sweep looks again', async () => {
    fails = true;
    stamps.add('a', '1');
    stamps.add('b', '2');
    await stamps.flush();
    fails = false;
    stamps.add('a', '3');
    await stamps.flush();
    expect(written).toEqual([['a', ['1']], ['b', ['2']], ['a', ['3']]]);
  });
});
