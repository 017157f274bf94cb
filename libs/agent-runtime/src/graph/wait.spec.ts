import { Annotation, Command, END, MemorySaver, START, StateGraph } from '@langchain/langgraph';
import { waitFor, waitForEvent, waitUntil } from './wait';

const State = Annotation.Root({ seen: Annotation<unknown>() });
const config = { configurable: { thread_id: 't' } };
const event = { id: 'e', type: 'paid', key: 'k', payload: { amount: 1 }, posted_at: '2026-01-01T00:00:00.000Z' };

/** A graph of one node that waits. */
function graph(node: () => unknown) {
  return new StateGraph(State)
    .addNode('wait', () => ({ seen: node() }))
    .addEdge(START, 'wait')
    .addEdge('wait', END)
    .compile({ checkpointer: new MemorySaver() });
}

describe('a node that waits', () => {
  it.each<[string, () => unknown, unknown]>([
    ['for so long', () => waitFor({ seconds: 5 }), { kind: 'wait', until: 'elapsed', seconds: 5 }],
    ['until a date', () => waitUntil(new Date(0)), { kind: 'wait', until: 'date', date: '1970-01-01T00:00:00.000Z' }],
    ['until a date in words', () => waitUntil('2030-01-01T08:00:00+01:00'), { kind: 'wait', until: 'date', date: '2030-01-01T08:00:00+01:00' }],
    ['for an event', () => waitForEvent({ type: 'paid', key: 'k', timeoutSeconds: 9 }), { kind: 'wait', until: 'event', type: 'paid', key: 'k', timeoutSeconds: 9, lookbackSeconds: 60 }],
  ])('%s says what it waits for', async (_, node, value) => {
    const waiting = graph(node);
    await waiting.invoke({}, config);
    const { tasks } = await waiting.getState(config);
    expect(tasks[0]?.interrupts[0]?.value).toEqual(value);
  });

  it.each<[string, () => unknown, unknown, unknown]>([
    ['time', () => waitFor({ seconds: 5 }), { wait_id: 'w', outcome: 'elapsed' }, { outcome: 'elapsed' }],
    ['time, resumed by hand', () => waitFor({ seconds: 5 }), 'go on', { outcome: 'resumed', value: 'go on' }],
    ['an event', () => waitForEvent({ type: 'paid' }), { wait_id: 'w', outcome: 'event', event }, { outcome: 'event', event }],
    ['an event in vain', () => waitForEvent({ type: 'paid' }), { wait_id: 'w', outcome: 'timeout' }, { outcome: 'timeout' }],
    ['an event, resumed by hand', () => waitForEvent({ type: 'paid' }), { outcome: 'event' }, { outcome: 'resumed', value: { outcome: 'event' } }],
  ])('for %s is told how it ended', async (_, node, resume, seen) => {
    const waiting = graph(node);
    await waiting.invoke({}, config);
    expect(await waiting.invoke(new Command({ resume }), config)).toEqual({ seen });
  });

  it('may wait twice', async () => {
    const waiting = graph(() => [waitFor({ seconds: 5 }), waitFor({ seconds: 5 })]);
    await waiting.invoke({}, config);
    const first = (await waiting.getState(config)).tasks[0]?.interrupts[0]?.id;
    await waiting.invoke(new Command({ resume: { wait_id: 'a', outcome: 'elapsed' } }), config);
    const second = (await waiting.getState(config)).tasks[0]?.interrupts.at(-1)?.id;
    expect(second).not.toBe(first);
    expect(await waiting.invoke(new Command({ resume: 1 }), config)).toEqual({ seen: [{ outcome: 'elapsed' }, { outcome: 'resumed', value: 1 }] });
  });

  it.each<[string, () => unknown, string]>([
    ['no time', () => waitFor({ seconds: 0 }), 'waitFor: seconds'],
    ['more than a year', () => waitFor({ seconds: 1e9 }), 'waitFor: seconds'],
    ['no date', () => waitUntil(new Date(Number.NaN)), 'waitUntil: date'],
    ['an event without a name', () => waitForEvent({ type: '' }), 'waitForEvent: type'],
    ['an event with a strange name', () => waitForEvent({ type: 'a b' }), 'waitForEvent: type'],
  ])('is refused %s', async (_, node, message) => {
    await expect(graph(node).invoke({}, config)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) });
  });
});
