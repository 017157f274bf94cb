import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** An environment variable of the test environment. */
export function need(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: integration tests need the stack (npm test starts it)`);
  return value;
}

/** Stands before a real server and can be cut, so that a test takes the server away without touching it. */
export class CuttableProxy {
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  static async before(host: string, targetPort: number): Promise<CuttableProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new CuttableProxy((server.address() as AddressInfo).port, server);
    server.on('connection', (inbound) => proxy.#join(inbound, connect(targetPort, host)));
    return proxy;
  }

  #join(inbound: Socket, outbound: Socket): void {
    for (const socket of [inbound, outbound]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        inbound.destroy();
        outbound.destroy();
      });
    }
    inbound.pipe(outbound).pipe(inbound);
    if (this.#isCut) inbound.destroy();
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: Record<string, unknown>; readonly _meta?: Record<string, unknown>; readonly requestId?: number };
}

/** A tool server of our own over streamable HTTP that notes what reaches it, for what no public server shows. */
export class RecordingServer {
  readonly calls: Message[] = [];
  readonly cancelled: number[] = [];

  private constructor(
    readonly url: string,
    private readonly http: HttpServer,
  ) {}

  static async start(): Promise<RecordingServer> {
    const http = createHttpServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        if (request.method !== 'POST') return void response.writeHead(405).end();
        const message = JSON.parse(body) as Message;
        const { id, method, params } = message;
        if (method === 'notifications/cancelled' && params?.requestId !== undefined) self.cancelled.push(params.requestId);
        if (id === undefined) return void response.writeHead(202).end();
        const send = (payload: object): void => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...payload }));
        if (method === 'initialize') return send({ result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'recording', version: '1' } } });
        if (method === 'tools/list') return send({ result: { tools: TOOLS } });
        if (method === 'ping') return send({ result: {} });
        if (method !== 'tools/call') return void response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'unknown method' } }));
        self.calls.push(message);
        const mode = params?.arguments?.['mode'];
        if (mode === 'hang') return;
        if (mode === 'reset') return void request.socket.destroy();
        if (mode === 'rpc-error') return send({ error: { code: -32000, message: 'the licence has expired' } });
        if (mode === 'broken-promise') return send({ result: { content: [{ type: 'text', text: 'fine' }], structuredContent: { n: 'not a number' } } });
        send({ result: { content: [{ type: 'text', text: `call ${self.calls.length}` }], structuredContent: { n: 1 } } });
      });
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const self: RecordingServer = new RecordingServer(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`, http);
    return self;
  }

  close(): void {
    this.http.closeAllConnections();
    this.http.close();
  }
}

const tool = { inputSchema: { type: 'object', properties: { mode: { type: 'string' } } }, outputSchema: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } };
const TOOLS = ['read', 'pay', 'kept'].map((name) => ({ name, ...tool }));
