import { withStack } from '../own-stack';
import { quantile } from '../statistics';
import type { StackUnderTest } from '../stack-under-test';
import { markdown } from '../table';
import { startStampingModel } from './stamping-model';
import { DelayReader, type TokenDelays } from './token-delays';

const DEADLINE_MS = 60_000;
const PHASES = [
  { inFlight: 1, count: 40 },
  { inFlight: 20, count: 100 },
] as const;
const WARM_UP = 10;

/** Time from a model server's write to the client's receive, milliseconds. */
export interface TokenFigures {
  readonly inFlight: number;
  readonly streams: number;
  readonly firstP50Ms: number;
  readonly firstP99Ms: number;
  readonly allP50Ms: number;
  readonly allP99Ms: number;
}

/** Measures the way of tokens from a model to a reader of the API, on a stack of its own whose model is this process. @throws CannotMeasureError */
export async function measureTokens(signal: AbortSignal, say: (line: string) => void): Promise<TokenFigures[]> {
  const model = await startStampingModel();
  try {
    return await withStack({ signal, modelUrl: model.url }, async (stack) => {
      await phase(stack, WARM_UP, 5);
      const figures: TokenFigures[] = [];
      for (const { inFlight, count } of PHASES) {
        const delays = await phase(stack, count, inFlight);
        const first = delays.map((stream) => stream.first);
        const all = delays.flatMap((stream) => stream.all);
        const [firstP50Ms, firstP99Ms, allP50Ms, allP99Ms] = [quantile(first, 0.5), quantile(first, 0.99), quantile(all, 0.5), quantile(all, 0.99)];
        figures.push({ inFlight, streams: count, firstP50Ms, firstP99Ms, allP50Ms, allP99Ms });
        say(`${inFlight} in flight: first token p50 ${firstP50Ms.toFixed(1)} ms`);
      }
      return figures;
    });
  } finally {
    await model.stop();
  }
}

/** The figures as Markdown. */
export function formatTokens(figures: readonly TokenFigures[]): string {
  const one = (value: number): string => value.toFixed(1);
  return markdown(
    ['tokens, model to client', 'streams', 'first p50 ms', 'first p99 ms', 'each p50 ms', 'each p99 ms'],
    figures.map((of) => [`${of.inFlight} in flight`, String(of.streams), one(of.firstP50Ms), one(of.firstP99Ms), one(of.allP50Ms), one(of.allP99Ms)]),
  );
}

async function phase(stack: StackUnderTest, count: number, inFlight: number): Promise<TokenDelays[]> {
  const delays: TokenDelays[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next++ < count) delays.push(await oneStream(stack));
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return delays;
}

async function oneStream({ apiUrl, apiKey }: StackUnderTest): Promise<TokenDelays> {
  const response = await fetch(`${apiUrl}/runs/stream`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ assistant_id: 'react', input: { messages: [{ role: 'user', content: 'Say when.' }] }, stream_mode: ['messages-tuple'] }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (!response.ok || response.body === null) throw new Error(`stream answered ${response.status}: ${await response.text()}`);
  const reader = new DelayReader();
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) reader.take(text);
  return reader.delays;
}
