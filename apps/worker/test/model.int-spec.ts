import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelRequest } from '@holdfast/agent-runtime/api';
import { isBlobRef, type MessageDto, type TokenChunk } from '@holdfast/contracts/messages';
import { NatsLink, readTokens, TokenPublisher } from '@holdfast/event-bus';
import { BlobsRepository, type Database, ModelCallsRepository } from '@holdfast/persistence';
import type { ToolList } from '@holdfast/rpc';
import { sha256Hex, withReferences } from '../src/blobs/blob-texts';
import { PostgresBlobStore } from '../src/blobs/postgres-blob-store';
import { ListedMessages } from '../src/models/listed-messages';
import { ModelCircuits } from '../src/models/model-circuits';
import { callModel, type ModelParts } from '../src/models/model.activity';
import { freeLoopbackPort } from '../src/temporal/sdk-metrics';
import { ToolCatalogue } from '../src/tools/tool-catalogue';
import { aCall, DevModelProcess, env, silent, workerDatabase } from './support';

const TOOLS: ToolList = {
  tools: [{ name: 'everything__echo', description: 'Echoes.', inputSchema: { type: 'object', properties: { message: { type: 'string' } } }, effect: 'read', server: 'everything' }],
  catalogueVersion: '1',
  unavailableServers: [],
};

describe('a model call against a real model server, PostgreSQL and NATS', () => {
  let devModel: DevModelProcess;
  let database: Database;
  let nats: NatsLink;
  let tokens: TokenPublisher;
  let parts: ModelParts;

  beforeAll(async () => {
    devModel = await DevModelProcess.start();
    database = workerDatabase();
    nats = new NatsLink({ url: env('NATS_URL'), clientName: 'worker-int-test', log: silent });
    nats.start();
    tokens = new TokenPublisher(nats, { log: silent });
    await nats.whenUp(AbortSignal.timeout(10_000));
    parts = {
      gateway: { baseUrl: devModel.baseUrl, apiKey: 'none', model: 'holdfast-dev' },
      limits: { deadlineMs: 20_000, idleMs: 5_000 },
      blobs: new PostgresBlobStore(new BlobsRepository(database)),
      lists: new ListedMessages(new PostgresBlobStore(new BlobsRepository(database))),
      catalogue: new ToolCatalogue({ listTools: async () => TOOLS }),
      tokens,
      circuits: new ModelCircuits(),
      ledger: { calls: new ModelCallsRepository(database), owner: 'worker-int-test', log: silent },
    };
  }, 30_000);

  afterAll(async () => {
    tokens.close();
    await nats.stop();
    await database.close();
    await devModel.stop();
  });

  const ask = (text: string, ref: ModelRequest['ref'], extra: Partial<ModelRequest> = {}): ModelRequest => ({
    ref,
    messages: [{ type: 'human', content: text }],
    stream: true,
    ...extra,
  });

  it('answers, and what was streamed is what was answered', async () => {
    const { ref, scope } = aCall({ callId: '0123456789abcdef-4', ns: ['sub:1'] });
    const received: TokenChunk[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const chunk of readTokens(nats, ref, { signal: stop.signal })) {
        received.push(chunk);
        if (chunk.last === true) break;
      }
    })();
    const reply = await callModel(parts, ask('Tell me something.', ref), scope);
    await reading;
    stop.abort();
    expect(reply.message).toMatchObject({ type: 'ai', id: `run-${ref.runId}-0123456789abcdef-4`, content: expect.stringContaining('holdfast-dev') });
    expect(reply.model).toBe('holdfast-dev');
    expect(reply.usage?.output_tokens).toBeGreaterThan(5);
    expect(received.length).toBeGreaterThan(2);
    expect(received.map((c) => c.text).join('')).toBe(reply.message.content);
    expect(received[0]).toMatchObject({ call: '0123456789abcdef-4', attempt: 1, node: 'execute', ns: ['sub:1'], offset: 0, messageId: reply.message.id });
    expect(received.at(-1)).toMatchObject({ last: true, usage: reply.usage });
  });

  it('offers tools and brings tool calls back', async () => {
    const { ref, scope } = aCall();
    const reply = await callModel(parts, ask('echo hello', ref, { tools: { include: ['everything__*'] } }), scope);
    expect(reply.message.tool_calls).toEqual([expect.objectContaining({ name: 'everything__echo', args: { message: 'hello' } })]);
  });

  it('reads long texts by reference and stores a long answer by reference', async () => {
    const { ref, scope, ctx } = aCall();
    const long = 'word '.repeat(2_000);
    const conversation = [
      { type: 'human', content: 'echo please' },
      { type: 'ai', content: '', tool_calls: [{ id: 'c1', name: 'everything__echo', args: { message: 'please' } }] },
      { type: 'tool', content: long, tool_call_id: 'c1' },
    ] satisfies MessageDto[];
    const messages = await withReferences<MessageDto[]>(parts.blobs, ctx, { threadId: randomUUID() }, conversation);
    expect(JSON.stringify(messages)).not.toContain(long);
    const reply = await callModel(parts, ask('', ref, { messages, tools: { include: ['*'] } }), scope);
    // The development model quotes the whole tool result, so its answer is long too.
    const block = Array.isArray(reply.message.content) ? reply.message.content[0] : undefined;
    if (!isBlobRef(block)) throw new Error('the long answer did not become a reference');
    const stored = (await new BlobsRepository(database).getMany(ctx, [block.$blob])).get(block.$blob) ?? '';
    expect(stored).toContain(long.trim());
    expect(block.$blob).toBe(`sha256:${sha256Hex(stored)}`);
  });

  it('answers without a stream too', async () => {
    const { ref, scope } = aCall();
    const reply = await callModel(parts, ask('Hello', ref, { stream: false }), scope);
    expect(reply.message).toMatchObject({ content: expect.stringContaining('holdfast-dev') });
    expect(reply.usage?.input_tokens).toBeGreaterThan(0);
  });

  it.each([
    ['429:7', { code: 'MODEL_RATE_LIMITED', retryable: true, retryAfterMs: 7_000 }],
    ['fail:500', { code: 'MODEL_UNAVAILABLE', retryable: true }],
    ['fail:401', { code: 'MODEL_AUTH', retryable: false }],
    ['fail:400', { code: 'MODEL_REJECTED', retryable: false }],
    ['cut:once', { code: 'MODEL_UNAVAILABLE', retryable: true }],
  ])('%s fails as the table says', async (directive, expected) => {
    const { ref, scope } = aCall();
    await expect(callModel(parts, ask(`${ref.runId} ${directive}`, ref), scope)).rejects.toMatchObject(expected);
  });

  it('ends within its deadline and its idle time', async () => {
    const { ref, scope } = aCall();
    const slow = ask('slow:3000', ref);
    const within = (limits: ModelParts['limits']): Promise<unknown> => callModel({ ...parts, limits }, slow, scope);
    const begun = performance.now();
    await expect(within({ deadlineMs: 150, idleMs: 5_000 })).rejects.toMatchObject({ code: 'MODEL_TIMEOUT' });
    await expect(within({ deadlineMs: 5_000, idleMs: 150 })).rejects.toMatchObject({ code: 'MODEL_TIMEOUT' });
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  describe('with a gateway of the test', () => {
    let server: Server;
    const serve = async (listener: RequestListener): Promise<ModelParts> => {
      server = createServer(listener);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      return { ...parts, gateway: { ...parts.gateway, apiKey: 'sk-the-key-000000', baseUrl: `http://127.0.0.1:${port}/v1` } };
    };
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    it('is closed at the socket when the call is cancelled', async () => {
      let closed: () => void = () => undefined;
      const gone = new Promise<void>((resolve) => (closed = resolve));
      let asked: () => void = () => undefined;
      const arrived = new Promise<void>((resolve) => (asked = resolve));
      const hanging = await serve((request) => {
        request.on('close', closed);
        asked();
      });
      const controller = new AbortController();
      const { ref, scope } = aCall({}, controller.signal);
      const call = callModel(hanging, ask('Hello', ref), scope);
      await arrived;
      controller.abort(new Error('cancelled by the test'));
      await expect(call).rejects.toThrow('cancelled by the test');
      await gone;
    });

    it('is told who calls', async () => {
      const seen: Record<string, unknown>[] = [];
      const refusing = await serve((request, response) => {
        seen.push(request.headers);
        response.writeHead(403, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
      });
      const { ref, scope } = aCall();
      await expect(callModel(refusing, ask('Hello', ref), scope)).rejects.toMatchObject({ code: 'MODEL_AUTH' });
      expect(seen).toEqual([
        expect.objectContaining({
          authorization: 'Bearer sk-the-key-000000',
          'x-holdfast-tenant-id': ref.tenantId,
          'x-holdfast-run-id': ref.runId,
          'x-holdfast-thread-id': ref.threadId,
          'kong-request-id': `run-${ref.runId}-0123456789abcdef-0`,
        }),
      ]);
    });

    it('that ends a stream without its last chunk has not answered', async () => {
      const chunk = { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: 'half' }, finish_reason: null }] };
      const polite = await serve((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
      });
      const { ref, scope } = aCall();
      await expect(callModel(polite, ask('Hello', ref), scope)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE', message: expect.stringContaining('before its answer was complete') });
    });
  });

  it('says so when nobody listens', async () => {
    const { ref, scope } = aCall();
    const nobody = { ...parts, gateway: { ...parts.gateway, baseUrl: `http://127.0.0.1:${await freeLoopbackPort()}/v1` } };
    await expect(callModel(nobody, ask('Hello', ref), scope)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE', message: expect.stringContaining('ECONNREFUSED') });
  });
});
