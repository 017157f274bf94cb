import { asking } from '../src/pattern-runs';
import { aTenant, type TestTenant } from '../src/tenant';
import { historyBytes } from '../src/workflows';

/** Turns whose cost is looked at, and how many in a row: one of them can be the one that a new chunk begins with. */
const LOOKED_AT = [5, 50, 500];
const IN_A_ROW = 3;
/** Messages of one state edit: a body has a limit. */
const PER_EDIT = 100;

const WORDS = 'and how are you today? '.repeat(8);

interface Cost {
  readonly bytes: number;
  readonly ms: number;
}

function middleOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** A thread that has so many turns behind it. */
async function threadOf({ client }: TestTenant, turns: number): Promise<string> {
  const { thread_id: threadId } = await client.threads.create({ graphId: 'react' });
  const messages = Array.from({ length: 2 * turns }, (_, i) => ({ type: i % 2 === 0 ? 'human' : 'ai', id: `m${i}`, content: `Message ${i}, ${WORDS}` }));
  for (let from = 0; from < messages.length; from += PER_EDIT) {
    await client.threads.updateState(threadId, { values: { messages: messages.slice(from, from + PER_EDIT) }, asNode: 'think' });
  }
  return threadId;
}

describe('a turn of a long conversation', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('long-conversation');
  });

  async function costOf(turn: number, durability: 'sync' | 'async'): Promise<Cost> {
    const threadId = await threadOf(tenant, turn - 1);
    const costs: Cost[] = [];
    for (let i = 0; i < IN_A_ROW; i += 1) {
      const before = await historyBytes(tenant.tenantId, threadId);
      const begun = performance.now();
      await tenant.client.runs.wait(threadId, 'react', { input: asking(`Hello, ${WORDS}`), durability });
      const ms = Math.round(performance.now() - begun);
      costs.push({ ms, bytes: (await historyBytes(tenant.tenantId, threadId)) - before });
    }
    const { values } = await tenant.client.threads.getState(threadId);
    expect((values as { messages: unknown[] }).messages).toHaveLength(2 * (turn - 1 + IN_A_ROW));
    return { bytes: middleOf(costs.map(({ bytes }) => bytes)), ms: middleOf(costs.map(({ ms }) => ms)) };
  }

  // The normal lane puts the whole request into the history.
  it.each(['async', 'sync'] as const)('costs the same history bytes at turn 500 as at turn 50, with durability %s', async (durability) => {
    const bytes = new Map<number, number>();
    for (const turn of LOOKED_AT) {
      const cost = await costOf(turn, durability);
      process.stdout.write(`  durability ${durability}, turn ${turn}: ${cost.bytes} bytes of history, ${cost.ms} ms\n`);
      bytes.set(turn, cost.bytes);
    }
    expect(bytes.get(500)).toBeLessThan(1.1 * bytes.get(50)!);
    expect(bytes.get(500)).toBeLessThan(30_000);
  }, 180_000);

  it('can be read, forked, copied and edited as a short one', async () => {
    const { client } = tenant;
    const threadId = await threadOf(tenant, 60);
    const messagesOf = (state: { values: unknown }) => (state.values as { messages: { id: string; content: string }[] }).messages;
    const before = await client.threads.getState(threadId);
    expect(messagesOf(before).map(({ id }) => id)).toEqual(Array.from({ length: 120 }, (_, i) => `m${i}`));
    const final = (await client.runs.wait(threadId, 'react', { input: asking('Hello') })) as { messages: unknown[] };
    expect(final.messages).toHaveLength(122);

    const history = await client.threads.getHistory(threadId, { limit: 100 });
    for (const state of history) expect(messagesOf(state).every(({ content }) => typeof content === 'string')).toBe(true);
    expect(messagesOf(history[0]!).slice(0, 120)).toEqual(messagesOf(before));
    expect(messagesOf((await client.threads.get(threadId)) as { values: unknown })).toHaveLength(122);

    // From the state of half the conversation.
    const half = history.find((state) => messagesOf(state)?.length === 100)!;
    const forked = (await client.runs.wait(threadId, 'react', { input: asking('Another way'), checkpoint: half.checkpoint })) as { messages: unknown[] };
    expect(forked.messages).toHaveLength(102);

    const copy = await client.threads.copy(threadId) as unknown as { thread_id: string };
    expect(messagesOf(await client.threads.getState(copy.thread_id))).toEqual(messagesOf(await client.threads.getState(threadId)));
    const onCopy = (await client.runs.wait(copy.thread_id, 'react', { input: asking('Still there?') })) as { messages: unknown[] };
    expect(onCopy.messages).toHaveLength(104);

    // A message in the middle is replaced by its id, one is removed: the parts that they stand in are made again.
    await client.threads.updateState(threadId, { values: { messages: [{ type: 'human', id: 'm40', content: 'replaced' }, { type: 'remove', id: 'm3', content: '' }] }, asNode: 'think' });
    const edited = messagesOf(await client.threads.getState(threadId));
    expect(edited).toHaveLength(101);
    expect(edited.find(({ id }) => id === 'm40')?.content).toBe('replaced');
    expect(edited.some(({ id }) => id === 'm3')).toBe(false);
    expect(messagesOf((await client.threads.getHistory(threadId, { limit: 2 }))[1]!).find(({ id }) => id === 'm40')?.content).not.toBe('replaced');
  }, 120_000);
});
