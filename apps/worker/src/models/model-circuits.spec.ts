import { HoldfastError } from '@holdfast/contracts/errors';
import { ModelCircuits } from './model-circuits';

const TENANT = '01900000-0000-7000-8000-00000000000a';
const fail = (code: 'MODEL_UNAVAILABLE' | 'MODEL_RATE_LIMITED' | 'MODEL_REJECTED', retryAfterMs?: number) => () =>
  Promise.reject(new HoldfastError(code, 'no', retryAfterMs === undefined ? {} : { retryAfterMs }));

describe('the circuit of a model', () => {
  let circuits: ModelCircuits;
  beforeEach(() => {
    circuits = new ModelCircuits({ failures: 3, openMs: 200, trialMs: 150 });
  });
  const times = async (count: number, call: () => Promise<unknown>, tenant = TENANT): Promise<void> => {
    for (let i = 0; i < count; i += 1) await circuits.through(tenant, 'm', call).catch(() => undefined);
  };

  it('opens after failures in a row, for that tenant and that model only', async () => {
    await times(2, fail('MODEL_UNAVAILABLE'));
    expect(circuits.refusalOf(TENANT, 'm')).toBeUndefined();
    await times(1, fail('MODEL_UNAVAILABLE'));
    const refusal = circuits.refusalOf(TENANT, 'm');
    expect(refusal).toMatchObject({ code: 'MODEL_CIRCUIT_OPEN', kind: 'model', retryable: true });
    expect(refusal!.retryAfterMs).toBeGreaterThan(0);
    expect(refusal!.retryAfterMs).toBeLessThanOrEqual(200);
    expect([circuits.refusalOf(TENANT, 'other'), circuits.refusalOf('01900000-0000-7000-8000-00000000000b', 'm')]).toEqual([undefined, undefined]);
  });

  it('counts neither refused requests nor failures with an answer between them', async () => {
    await times(5, fail('MODEL_REJECTED'));
    await times(2, fail('MODEL_UNAVAILABLE'));
    await times(1, () => Promise.resolve('fine'));
    await times(2, fail('MODEL_UNAVAILABLE'));
    expect(circuits.refusalOf(TENANT, 'm')).toBeUndefined();
  });

  it('lets one call try after its pause, and closes when that is answered', async () => {
    await times(3, fail('MODEL_UNAVAILABLE'));
    await new Promise((resolve) => setTimeout(resolve, 220));
    expect(circuits.refusalOf(TENANT, 'm')).toBeUndefined();
    let answer: (text: string) => void = () => undefined;
    const trial = circuits.through(TENANT, 'm', () => new Promise<string>((resolve) => (answer = resolve)));
    expect(circuits.refusalOf(TENANT, 'm')).toMatchObject({ code: 'MODEL_CIRCUIT_OPEN' });
    answer('back');
    expect(await trial).toBe('back');
    expect(circuits.refusalOf(TENANT, 'm')).toBeUndefined();
  });

  it('lets others ask beside a trial that takes long, which alone decides', async () => {
    await times(3, fail('MODEL_UNAVAILABLE'));
    await new Promise((resolve) => setTimeout(resolve, 220));
    let answer: (text: string) => void = () => undefined;
    const trial = circuits.through(TENANT, 'm', () => new Promise<string>((resolve) => (answer = resolve)));
    const fine = (): Promise<string> => Promise.resolve('fine');
    await expect(circuits.through(TENANT, 'm', fine)).rejects.toMatchObject({ code: 'MODEL_CIRCUIT_OPEN' });
    await new Promise((resolve) => setTimeout(resolve, 160));
    expect(circuits.refusalOf(TENANT, 'm')).toBeUndefined();
    expect(await circuits.through(TENANT, 'm', fine)).toBe('fine');
    await times(3, fail('MODEL_UNAVAILABLE'));
    answer('back');
    expect(await trial).toBe('back');
    await times(2, fail('MODEL_UNAVAILABLE'));
    expect(circuits.refusalOf(TENANT, 'm')).toBeUndefined();
  });

  it('learns nothing from a trial that is cancelled: the next call tries', async () => {
    await times(3, fail('MODEL_UNAVAILABLE'));
    await new Promise((resolve) => setTimeout(resolve, 220));
    const cancelled = new DOMException('the run is over', 'AbortError');
    await expect(circuits.through(TENANT, 'm', () => Promise.reject(cancelled))).rejects.toBe(cancelled);
    expect(circuits.refusalOf(TENANT, 'm')).toBeUndefined();
    await times(1, fail('MODEL_UNAVAILABLE'));
    expect(circuits.refusalOf(TENANT, 'm')).toMatchObject({ code: 'MODEL_CIRCUIT_OPEN' });
  });

  it('refuses a call that came between, without making it', async () => {
    await times(3, fail('MODEL_UNAVAILABLE'));
    let made = false;
    const late = circuits.through(TENANT, 'm', () => Promise.resolve((made = true)));
    await expect(late).rejects.toMatchObject({ code: 'MODEL_CIRCUIT_OPEN', retryable: true });
    expect(made).toBe(false);
  });

  it('asks nobody before its Retry-After, from the first failure on', async () => {
    await times(1, fail('MODEL_RATE_LIMITED', 150));
    expect(circuits.refusalOf(TENANT, 'm')).toMatchObject({ code: 'MODEL_CIRCUIT_OPEN' });
    await new Promise((resolve) => setTimeout(resolve, 160));
    expect(circuits.refusalOf(TENANT, 'm')).toBeUndefined();
  });

  it('tells how many are open, tried or resting, and what opened them', async () => {
    const opened: string[] = [];
    circuits = new ModelCircuits({ failures: 3, openMs: 200, trialMs: 150 }, Date.now, (code) => opened.push(code));
    expect(circuits.counts()).toEqual({ open: 0, half_open: 0, resting: 0 });
    await times(3, fail('MODEL_UNAVAILABLE'));
    await circuits.through(TENANT, 'busy', fail('MODEL_RATE_LIMITED', 5_000)).catch(() => undefined);
    expect(circuits.counts()).toEqual({ open: 1, half_open: 0, resting: 1 });
    await new Promise((resolve) => setTimeout(resolve, 220));
    expect(circuits.counts()).toEqual({ open: 0, half_open: 1, resting: 1 });
    await times(1, fail('MODEL_UNAVAILABLE'));
    expect([circuits.counts().open, opened]).toEqual([1, ['MODEL_UNAVAILABLE', 'MODEL_UNAVAILABLE']]);
    await new Promise((resolve) => setTimeout(resolve, 220));
    await times(1, () => Promise.resolve('back'));
    expect(circuits.counts()).toEqual({ open: 0, half_open: 0, resting: 1 });
  });
});
