// A model server that counts what it is asked: hands every request on to the model server at argv[2] (base URL with /v1) and counts chat
// completions by the caller's x-holdfast-thread-id (/calls) and by its kong-request-id (/requests). Started by CountingModel. Without dependencies: Node runs it as it stands.
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

const target = new URL(process.argv[2] ?? '');
const calls = new Map<string, number>();
const requests = new Map<string, number>();
const count = (counts: Map<string, number>, key: unknown): void => void counts.set(String(key), (counts.get(String(key)) ?? 0) + 1);

const server = createServer((incoming, response) => {
  const { method, url = '/', headers } = incoming;
  if (url === '/calls' || url === '/requests') {
    const counts = Object.fromEntries(url === '/calls' ? calls : requests);
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(counts));
  }
  if (url.endsWith('/chat/completions')) {
    count(calls, headers['x-holdfast-thread-id']);
    count(requests, headers['kong-request-id']);
  }
  const outgoing = send({ host: target.hostname, port: target.port, path: url, method, headers: { ...headers, host: target.host } }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    // a caller that is killed, or a model that is, ends both sides
    pipeline(answer, response, () => undefined);
  });
  outgoing.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  response.on('close', () => outgoing.destroy());
  pipeline(incoming, outgoing, () => undefined);
});
server.listen(Number(process.argv[3] ?? 0), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
