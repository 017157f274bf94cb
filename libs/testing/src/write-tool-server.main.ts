// A tool server that counts what it is asked to do: MCP over streamable HTTP at /mcp, the counts at /calls; POST /calls/<key>/answer ends
// a delay. Started by WriteToolServer, or by hand: node libs/testing/src/write-tool-server.main.ts [port]. Without dependencies: Node runs it as it stands.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: { readonly key?: unknown; readonly delay_ms?: unknown } };
}

// Named after the effect class that a catalogue is to give each; they all do the same.
const TOOLS = ['read', 'idempotent', 'compensatable', 'irreversible'].map((name) => ({
  name,
  description: `Counts a call under its key; answers the first after a while, others at once. For the effect class ${name}.`,
  inputSchema: { type: 'object', properties: { key: { type: 'string' }, delay_ms: { type: 'integer', minimum: 0 } }, required: ['key'], additionalProperties: false },
}));

const calls = new Map<string, number>();
/** First calls whose answer waits, by key. */
const waiting = new Map<string, () => void>();

/** The effect: it has happened as soon as the request is read, whatever becomes of the answer. */
function count(key: string): number {
  const times = (calls.get(key) ?? 0) + 1;
  calls.set(key, times);
  return times;
}

function answer(message: Message, response: ServerResponse): void {
  const { id, method, params } = message;
  const send = (status: number, payload: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...payload }));
  };
  switch (method) {
    case 'initialize':
      return send(200, { result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'write-tool-server', version: '1' } } });
    case 'ping':
      return send(200, { result: {} });
    case 'tools/list':
      return send(200, { result: { tools: TOOLS } });
    case 'tools/call': {
      const { key, delay_ms: delayMs = 0 } = params?.arguments ?? {};
      if (typeof key !== 'string') return send(200, { error: { code: -32602, message: 'key must be a string' } });
      const times = count(key);
      const text = `${params?.name ?? ''} ${key}: call ${times}`;
      const done = (): void => {
        if (times === 1) waiting.delete(key);
        send(200, { result: { content: [{ type: 'text', text }] } });
      };
      const timer = setTimeout(done, times === 1 ? Number(delayMs) : 0);
      if (times === 1) waiting.set(key, () => (clearTimeout(timer), done()));
      return;
    }
    default:
      return send(404, { error: { code: -32601, message: 'unknown method' } });
  }
}

const server = createServer((request, response) => {
  if (request.url === '/calls') return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(Object.fromEntries(calls)));
  if (request.method !== 'POST') return void response.writeHead(405).end();
  const [, released] = /^\/calls\/([^/]+)\/answer$/.exec(request.url ?? '') ?? [];
  if (released !== undefined) {
    const answerNow = waiting.get(released);
    answerNow?.();
    return void response.writeHead(answerNow === undefined ? 404 : 204).end();
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const message = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Message;
    if (message.id === undefined) return void response.writeHead(202).end();
    answer(message, response);
  });
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
