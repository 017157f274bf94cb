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
});
