import { proxyActivities, sleep } from '@temporalio/workflow';

/** What the model is told, as its protocol wants it. */
export interface PlainMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

const { echo, ask } = proxyActivities<{ echo(message: string): Promise<string>; ask(messages: readonly PlainMessage[]): Promise<string> }>({
  startToCloseTimeout: '1 minute',
});

/** The same three calls, written by hand for Temporal: what Holdfast is compared with. */
export async function threeCalls(input: string): Promise<string[]> {
  return [await echo(`one ${input}`), await echo(`two ${input}`), await echo(`three ${input}`)];
}

/** Twenty calls at the same time. */
export function fanOut(input: string): Promise<string[]> {
  return Promise.all(Array.from({ length: 20 }, (_, part) => echo(`${part} ${input}`)));
}

/** Ten turns of a model call and a tool call. */
export async function tenTurns(input: string): Promise<string[]> {
  const messages: PlainMessage[] = [
    { role: 'system', content: 'You answer.' },
    { role: 'user', content: `Say hello to ${input}.` },
  ];
  const results: string[] = [];
  for (let turn = 0; turn < 10; turn++) {
    messages.push({ role: 'assistant', content: await ask(messages) });
    const text = await echo(`${turn} ${input}`);
    results.push(text);
    messages.push({ role: 'user', content: text });
  }
  return results;
}

/** Two hundred calls, one after the other. */
export async function manySteps(input: string): Promise<string[]> {
  const results: string[] = [];
  for (let step = 0; step < 200; step++) results.push(await echo(`${step} ${input}`));
  return results;
}

/** Three waits of a second. */
export async function threeWaits(input: string): Promise<string[]> {
  for (let i = 0; i < 3; i++) await sleep(1_000);
  return [input, input, input];
}

/** A call, a long wait, a call. */
export async function longWait(input: string): Promise<string[]> {
  const before = await echo(`before ${input}`);
  await sleep(150_000);
  return [before, await echo(`after ${input}`)];
}
