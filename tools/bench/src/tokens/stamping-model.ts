import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Pieces of one answer, and the pause between two of them, milliseconds. */
const PIECES = 20;
const PAUSE_MS = 25;

/** Now, milliseconds since the epoch with fractions: what a piece of text holds, and what its reader compares it with. */
export function stamp(): number {
  return performance.timeOrigin + performance.now();
}

/** A model server in this process (OpenAI protocol, streams only) whose every piece of text is the moment at which it was written. */
export interface StampingModel {
  /** Base address, with `/v1`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts it on a free port of the loopback address. */
export async function startStampingModel(): Promise<StampingModel> {
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  await once(request, 'end');
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const head = { id: 'stamped', object: 'chat.completion.chunk', created: 0, model: 'stamping' };
  const write = (delta: object, finish: 'stop' | null = null): void =>
    void response.write(`data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`);
  write({ role: 'assistant', content: '' });
  for (let i = 0; i < PIECES; i++) {
    await sleep(PAUSE_MS);
    write({ content: `${stamp().toFixed(3)} ` });
  }
  write({}, 'stop');
  response.end('data: [DONE]\n\n');
}
