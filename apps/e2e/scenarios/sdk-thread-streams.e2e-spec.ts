import { aTenant, sdkClient, type TestTenant } from '../src/tenant';
import { killHard, untilBack } from '../src/supervised';

const ECHO = 'three-calls';

interface Part {
  readonly id?: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

/** Reads a stream until it has shown the end of so many runs, then leaves it. */
async function untilDone(stream: AsyncIterable<Part>, runs: number): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of stream) {
    parts.push(part);
    if (parts.filter(({ event }) => event === 'run_done').length === runs) break;
  }
  return parts;
}

function resultsOf(parts: readonly Part[]): string[] {
  const updates = parts.filter(({ event }) => event === 'updates').map(({ data }) => data as Record<string, { results: string[] }>);
  return updates.flatMap((update) => Object.values(update).flatMap(({ results }) => results));
}
const echoed = (...inputs: string[]): string[] => inputs.flatMap((input) => ['one', 'two', 'three'].map((n) => `Echo: ${n} ${input}`));

describe('a thread’s stream through the SDK', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('thread-streams');
  });

  const run = (threadId: string, input: string) => tenant.client.runs.create(threadId, ECHO, { input: { input }, streamMode: 'updates' });

  it('shows the runs that come, as each was asked to be streamed', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const watching = untilDone(client.threads.joinStream(threadId, { lastEventId: '-' }) as AsyncIterable<Part>, 3);
    const runs = [await run(threadId, 'a'), await run(threadId, 'b'), await run(threadId, 'c')];
    const parts = await watching;
    expect(resultsOf(parts)).toEqual(echoed('a', 'b', 'c'));
    const ends = parts.filter(({ event }) => event === 'run_done').map(({ data }) => data);
    expect(ends).toEqual(runs.map(({ run_id }) => ({ run_id, thread_id: threadId, status: 'success' })));
  });

  it('goes on behind the last event, and from the first run', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    for (const input of ['a', 'b']) await client.runs.join(threadId, (await run(threadId, input)).run_id);
    const whole = await untilDone(client.threads.joinStream(threadId, { lastEventId: '-' }) as AsyncIterable<Part>, 2);
    expect(resultsOf(whole)).toEqual(echoed('a', 'b'));
    const cut = whole.findIndex(({ event }) => event === 'run_done') + 2;
    const rest = await untilDone(client.threads.joinStream(threadId, { lastEventId: whole[cut - 1]!.id! }) as AsyncIterable<Part>, 1);
    expect(rest).toEqual(whole.slice(cut));
    const lifecycle = await untilDone(client.threads.joinStream(threadId, { lastEventId: '-', streamMode: 'lifecycle' }) as AsyncIterable<Part>, 2);
    expect(lifecycle.map(({ event }) => event)).toEqual(['metadata', 'run_done', 'metadata', 'run_done']);
  });

  it('brings the states that edits make, alone or between the runs, and goes on behind any of them', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const edit = (input: string): Promise<unknown> => client.threads.updateState(threadId, { values: { input }, asNode: 'three' });
    await client.runs.join(threadId, (await run(threadId, 'a')).run_id);
    await edit('x');
    await client.runs.join(threadId, (await run(threadId, 'b')).run_id);
    await edit('y');
    const edits = async (lastEventId: string, count: number, streamMode: ('state_update' | 'lifecycle')[]): Promise<Part[]> => {
      const parts: Part[] = [];
      for await (const part of client.threads.joinStream(threadId, { lastEventId, streamMode }) as AsyncIterable<Part>) if (parts.push(part) === count) break;
      return parts;
    };
    const alone = await edits('-', 2, ['state_update']);
    expect(alone.map(({ event, data }) => [event, data])).toEqual(
      ['x', 'y'].map((input) => ['state_update', { thread_id: threadId, state: expect.objectContaining({ values: expect.objectContaining({ input }), metadata: expect.objectContaining({ source: 'update' }) }) }]),
    );
    const among = await edits('-', 6, ['state_update', 'lifecycle']);
    expect(among.map(({ event }) => event)).toEqual(['metadata', 'run_done', 'state_update', 'metadata', 'run_done', 'state_update']);
    for (let cut = 0; cut < 5; cut += 1) expect(await edits(among[cut]!.id!, 5 - cut, ['state_update', 'lifecycle'])).toEqual(among.slice(cut + 1));
    const coming = edits(among[5]!.id!, 1, ['state_update']);
    await edit('z');
    expect(await coming).toMatchObject([{ event: 'state_update', data: { state: { values: { input: 'z' } } } }]);
  });

  it('survives the gateway: the SDK comes back and nothing is lost or shown twice', async () => {
    const client = sdkClient(tenant.apiKey, 10);
    const { thread_id: threadId } = await client.threads.create();
    const watching = untilDone(client.threads.joinStream(threadId, { lastEventId: '-' }) as AsyncIterable<Part>, 2);
    await client.runs.join(threadId, (await run(threadId, 'before')).run_id);
    await untilBack('api-gateway', killHard('api-gateway'));
    await client.runs.create(threadId, ECHO, { input: { input: 'after' }, streamMode: 'updates' });
    const parts = await watching;
    expect(resultsOf(parts)).toEqual(echoed('before', 'after'));
    expect(new Set(parts.map(({ id }) => id)).size).toBe(parts.length);
  }, 120_000);
});
