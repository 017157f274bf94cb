import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ModelReply, ModelRequest } from '@holdfast/agent-runtime/api';
import { AppProcess, bundleForTest } from '@holdfast/testing';
import { aCall, env } from './support';

/** Kills per await point; the proof on record was made with 50. */
// eslint-disable-next-line no-restricted-properties -- a knob of this test
const ROUNDS = Number(process.env['HOLDFAST_PROOF_ROUNDS'] ?? 1);

/** Await points of a model call, with what a second attempt does and tells after a death there. */
const POINTS = [
  { at: 'before-claim', asked: 1, reported: 0 },
  // Claimed, but the model was not asked yet: nobody can know, so it is reported all the same.
  { at: 'after-claim', asked: 1, reported: 1 },
  { at: 'first-token', asked: 2, reported: 1 },
  { at: 'before-store', asked: 2, reported: 1 },
  { at: 'after-store', asked: 2, reported: 1 },
  { at: 'before-finish', asked: 2, reported: 1 },
  { at: 'after-finish', asked: 1, reported: 0 },
] as const;

describe('a worker that dies during a model call', () => {
  const asked = new Map<string, number>();
  let model: Server;
  let entry: string;

  beforeAll(async () => {
    // Counts in this process, apart from those that die.
    model = createServer((incoming, response) => {
      const run = String(incoming.headers['x-holdfast-run-id']);
      asked.set(run, (asked.get(run) ?? 0) + 1);
      const chunk = (delta: object, finish: string | null): string =>
        `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${chunk({ role: 'assistant', content: `${run} ${'word '.repeat(1_000)}` }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`);
    });
    await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve));
    const project = fileURLToPath(new URL('..', import.meta.url));
    entry = (await bundleForTest(project, 'test/fixtures/model-call.process'))['test/fixtures/model-call.process'];
  }, 60_000);
  afterAll(() => {
    model.closeAllConnections();
    model.close();
  });

  async function attempt(request: ModelRequest, killAt?: string): Promise<{ exit: number | string; reply?: ModelReply; repeats?: number }> {
    const process = AppProcess.start(entry, {
      DATABASE_URL: env('DATABASE_URL_WORKER'),
      MODEL_URL: `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`,
      REQUEST: JSON.stringify(request),
      ...(killAt === undefined ? {} : { KILL_AT: killAt }),
    });
    return { exit: await process.exit, ...process.lines.at(-1) };
  }

  it.each(POINTS)(`at $at: finished calls are never repeated, others are reported (${ROUNDS} times)`, async ({ at, asked: times, reported }) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { ref } = aCall();
      const request: ModelRequest = { ref, messages: [{ type: 'human', content: 'Hello' }], stream: true };
      expect((await attempt(request, at)).exit).toBe('SIGKILL');
      const second = await attempt(request);
      expect([second.exit, asked.get(ref.runId), second.repeats]).toEqual([0, times, reported]);
      const third = await attempt(request);
      expect([third.exit, asked.get(ref.runId), third.repeats]).toEqual([0, times, 0]);
      expect(third.reply).toEqual(second.reply);
    }
  }, 20_000 + ROUNDS * 10_000);
});
