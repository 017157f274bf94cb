import { RouterLease, type LeaseStore } from './router-lease';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let clock: number;
let renewals: number;
let weather: () => Promise<void>;
let ended: string[];
let lease: RouterLease;
let store: LeaseStore;

beforeEach(() => {
  clock = 0;
  renewals = 0;
  ended = [];
  weather = async () => undefined;
  store = { renew: () => ((renewals += 1), weather()), end: async (id) => void ended.push(id) };
  lease = new RouterLease({ store, routerId: 'r1', leaseMs: 100, log: silent, now: () => clock });
});

it('counts from before the renewal was sent, and not a moment longer', async () => {
  weather = async () => void (clock += 30);
  await lease.assertHeld();
  clock = 99;
  expect(lease.isHeld).toBe(true);
  clock = 100;
  expect(lease.isHeld).toBe(false);
});

it('asks once for many who wait, and not at all while it is held', async () => {
  await Promise.all([lease.assertHeld(), lease.assertHeld()]);
  await lease.assertHeld();
  expect(renewals).toBe(1);
});

it('says no while it cannot be renewed, and yes again afterwards', async () => {
  weather = () => Promise.reject(new Error('ECONNREFUSED'));
  await expect(lease.assertHeld()).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
  weather = async () => undefined;
  await lease.assertHeld();
});

it('asks again after a doubt', async () => {
  await lease.assertHeld();
  lease.doubt();
  expect(lease.isHeld).toBe(false);
  await lease.assertHeld();
  expect(renewals).toBe(2);
});

it('says no when the renewal took longer than the lease', async () => {
  weather = async () => void (clock += 100);
  await expect(lease.assertHeld()).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
});

it('renews at once after a renewal that took long', async () => {
  weather = async () => void (clock += renewals === 1 ? 90 : 0);
  const pauses: number[] = [];
  const pause = (ms: number): Promise<void> => (pauses.push(ms), new Promise((resolve) => setImmediate(resolve)));
  lease = new RouterLease({ store, routerId: 'r1', leaseMs: 100, log: silent, now: () => clock, pause });
  lease.start();
  while (pauses.length < 3) await new Promise((resolve) => setImmediate(resolve));
  await lease.end();
  expect(pauses.slice(0, 3)).toEqual([0, 20, 20]);
});

it('renews itself until it is given back', async () => {
  lease.start();
  lease.start();
  await new Promise((resolve) => setTimeout(resolve, 130));
  expect(renewals).toBeGreaterThan(2);
  expect(renewals).toBeLessThan(9);
  await lease.end();
  expect(ended).toEqual(['r1']);
  expect(lease.isHeld).toBe(false);
  const then = renewals;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(renewals).toBe(then);
});
