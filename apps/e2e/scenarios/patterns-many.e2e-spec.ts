import { readJournal } from '../src/database';
import { answerOf, joinChunks, messagesOf, textOf } from '../src/messages';
import { asking, see } from '../src/pattern-runs';
import { aTenant, type TestTenant } from '../src/tenant';
import { SAMPLE_QUESTION } from '../src/workspace';

interface Finding {
  readonly index: number;
  readonly task: string;
  readonly content: unknown;
}

describe('map-reduce', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('map-reduce');
  });

  it('splits the request, works on all tasks, and joins what was found in their order', async () => {
    const tasks = ['What is 1 plus 2', 'echo in the middle', 'What is 5 plus 6'];
    const seen = await see(tenant, 'map-reduce', { input: asking(tasks.join('; ')) });
    expect(seen.nodes).toEqual(['split', 'work', 'work', 'work', 'synthesise']);
    expect(seen.custom[0]).toEqual({ phase: 'split', tasks });
    const { values } = await tenant.client.threads.getState(seen.threadId);
    const { findings } = values as { findings: Finding[] };
    expect(findings.map(({ index, task }) => [index, task])).toEqual(tasks.map((task, index) => [index, task]));
    const answer = answerOf(values);
    expect(answer).toMatch(/is 3\.[\s\S]*Echo: in the middle[\s\S]*is 11\./);
    expect(joinChunks(seen.parts).get(messagesOf(values).at(-1)?.id ?? '')).toBe(answer);
    const called = (await readJournal(tenant.tenantId, seen.runId)).filter((row) => row.type === 'tool.called.v1');
    expect(called).toHaveLength(3);
  });

  it('works on 20 tasks at the same time, and forgets them in the next run of the thread', async () => {
    const numbers = Array.from({ length: 25 }, (_, i) => i + 1);
    const configurable = { max_workers: 20 };
    const begun = performance.now();
    const first = await see(tenant, 'map-reduce', { input: asking(numbers.map((n) => `What is ${n} plus ${n} slow:1`).join('; ')), configurable });
    const { values } = await tenant.client.threads.getState(first.threadId);
    const found = (values as { findings: Finding[] }).findings.map(({ content }) => textOf(content).split('\n')[0]);
    expect(found).toEqual(numbers.slice(0, 20).map((n) => `The sum of ${n} and ${n} is ${2 * n}.`));
    expect(performance.now() - begun).toBeLessThan(30_000);
    await see(tenant, 'map-reduce', { threadId: first.threadId, input: asking('echo alone') });
    expect((await tenant.client.threads.getState(first.threadId)).values).toMatchObject({ tasks: ['echo alone'], findings: [{ index: 0 }] });
  });

  it('keeps long findings whole, from the worker to the answer', async () => {
    const values = await tenant.client.runs.wait(null, 'map-reduce', { input: asking(`${SAMPLE_QUESTION}; What is 2 plus 3?`) });
    const [long] = (values as unknown as { findings: Finding[] }).findings;
    expect(Buffer.byteLength(textOf(long?.content))).toBeGreaterThan(2_048);
    expect(answerOf(values)).toContain(textOf(long?.content).split('\n\n(')[0]);
  });
});

interface Debated {
  readonly positions: { debater: number; round: number; content: unknown }[];
  readonly ballots: { vote: number }[];
  readonly result: { votes: number[]; winner: number };
}

describe('debate', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('debate');
  });

  it('is argued in rounds with real tools, voted on and counted', async () => {
    const seen = await see(tenant, 'debate', { input: asking('What is 2 plus 3?') });
    const round = ['argue', 'argue', 'argue', 'close-round'];
    expect(seen.nodes).toEqual(['open', ...round, ...round, 'judge', 'judge', 'judge', 'tally']);
    const { values } = await tenant.client.threads.getState(seen.threadId);
    const { positions, ballots, result } = values as unknown as Debated;
    expect(positions.map(({ round: n, debater }) => [n, debater])).toEqual([1, 2].flatMap((n) => [1, 2, 3].map((debater) => [n, debater])));
    for (const { content } of positions) expect(textOf(content)).toContain('The sum of 2 and 3 is 5.');
    for (const { content } of positions.slice(3)) expect(textOf(content)).toContain('I have read 3 answers.');
    // the tally is that of the ballots, and the answer that of its winner
    expect(result.votes).toEqual([1, 2, 3].map((debater) => ballots.filter(({ vote }) => vote === debater).length));
    expect(result.votes[result.winner - 1]).toBe(Math.max(...result.votes));
    expect(answerOf(values)).toBe(textOf(positions[2 + result.winner]?.content));
    expect(seen.custom.at(-1)).toMatchObject({ phase: 'tally', winner: result.winner });
  });

  it('gives the same result for the same question', async () => {
    const configurable = { debaters: 4, rounds: 1, judges: 5 };
    const run = () => tenant.client.runs.wait(null, 'debate', { input: asking('What is 7 plus 8?'), config: { configurable } });
    const [a, b] = await Promise.all([run(), run()]);
    const shown = (values: unknown) => {
      const { positions, ballots, result } = values as Record<string, unknown>;
      return { positions, ballots, result };
    };
    expect(shown(a)).toEqual(shown(b));
    expect(shown(a).ballots).toHaveLength(5);
  });
});
