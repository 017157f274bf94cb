import { CallFlight, isOverdue } from './call-flight';

const scope = (forMs = 10_000) => {
  const controller = new AbortController();
  return { controller, signal: controller.signal, deadline: performance.now() + forMs };
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Work that ends when it is told to, or when its signal fires. */
function aFlight(first = scope()) {
  const flight = new CallFlight<string>();
  let finish: (value: string) => void = () => undefined;
  const work = (): Promise<string> =>
    new Promise((resolve, reject) => {
      finish = resolve;
      flight.signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  const { answer, over } = flight.begin(first, work);
  return { flight, answer, over, first, finish: (value: string) => finish(value) };
}

it('gives everybody who waits the one answer', async () => {
  const { flight, answer, finish } = aFlight();
  const second = flight.join(scope());
  finish('done');
  expect(await Promise.all([answer, second])).toEqual(['done', 'done']);
  expect(await flight.join(scope())).toBe('done');
  expect(flight.signal.aborted).toBe(false);
});

it('goes on when one of two callers goes away, and ends when both have', async () => {
  const { flight, answer, over, first } = aFlight();
  const second = scope();
  const joined = flight.join(second);
  first.controller.abort();
  await expect(answer).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  expect(flight.signal.aborted).toBe(false);
  second.controller.abort();
  await expect(joined).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  expect(flight.signal.aborted).toBe(true);
  expect(isOverdue(flight.signal)).toBe(false);
  await over;
});

it('ends just before the latest deadline', async () => {
  const { flight, answer } = aFlight(scope(60));
  const joined = flight.join(scope(160));
  answer.catch(() => undefined);
  await pause(60);
  expect(flight.signal.aborted).toBe(false);
  await expect(joined).rejects.toThrow('aborted');
  expect(isOverdue(flight.signal)).toBe(true);
});

it('refuses a caller that is gone already', async () => {
  const { flight, answer, finish } = aFlight();
  const gone = scope();
  gone.controller.abort();
  await expect(flight.join(gone)).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  finish('done');
  expect(await answer).toBe('done');
});

it('is over when what it held has ended, well or badly', async () => {
  const { flight, answer, over, finish } = aFlight();
  let fail: (error: Error) => void = () => undefined;
  flight.hold(new Promise((_, reject) => (fail = reject)));
  let isOver = false;
  void over.then(() => (isOver = true));
  finish('done');
  await answer;
  await pause(5);
  expect([isOver, flight.isOver]).toEqual([false, false]);
  fail(new Error('x'));
  await over;
  expect(flight.isOver).toBe(true);
});
