import { createServer } from 'node:net';
import { choosePorts, isPortFree, parsePortMap } from './ports.ts';

const free = async (): Promise<boolean> => true;

describe('choosePorts', () => {
  it('keeps remembered ports and chooses the others from the seed on', async () => {
    const ports = await choosePorts(['a', 'b', 'c'], { b: 25_000 }, { seed: 7, isFree: free });
    expect(ports).toEqual({ a: 20_007, b: 25_000, c: 20_008 });
  });

  it('gives up a remembered port that somebody else has taken', async () => {
    const ports = await choosePorts(['a'], { a: 25_000 }, { seed: 0, isFree: async (port) => port !== 25_000 && port !== 20_000 });
    expect(ports).toEqual({ a: 20_001 });
  });

  it('never gives one port to two names, even when both remember it', async () => {
    const ports = await choosePorts(['a', 'b'], { a: 20_003, b: 20_003 }, { seed: 3, isFree: free });
    expect(new Set(Object.values(ports)).size).toBe(2);
  });

  it('starts over at the beginning of the range', async () => {
    const ports = await choosePorts(['a', 'b'], {}, { seed: 99, isFree: free, rangeEnd: 20_100 });
    expect(ports).toEqual({ a: 20_099, b: 20_000 });
  });

  it('says so when there is none', async () => {
    await expect(choosePorts(['a'], {}, { seed: 0, isFree: async () => false, rangeEnd: 20_010 })).rejects.toThrow('no free port');
  });
});

describe('isPortFree', () => {
  it('sees a listener', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await isPortFree(port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(await isPortFree(port)).toBe(true);
  });
});

describe('parsePortMap', () => {
  it('drops what is no port', () => {
    expect(parsePortMap({ a: 1, b: 0, c: 70_000, d: '80', e: 1.5 })).toEqual({ a: 1 });
    expect(parsePortMap('nonsense')).toEqual({});
  });
});
