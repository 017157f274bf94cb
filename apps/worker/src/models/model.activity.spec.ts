import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { TokenChunk } from '@holdfast/contracts/messages';
import { systemContext } from '@holdfast/tenant-context';
import { ToolCatalogue } from '../tools/tool-catalogue';
import { ListedMessages } from './listed-messages';
import { ModelCircuits } from './model-circuits';
import { callModel, type ModelParts } from './model.activity';

/** Longer than what history carries, so that it must be stored. */
const LONG = 'word '.repeat(1_000);
const REF = { tenantId: '01900000-0000-7000-8000-00000000000a', threadId: 'th', runId: 'r1', graphId: 'g', node: 'plan', ns: [], originRunId: 'r1', callId: '0123456789abcdef-0' };

describe('a long answer', () => {
  let gateway: Server;
  let parts: ModelParts;
  /** What viewers and the store saw, in order. */
  let seen: string[];
  let store: () => Promise<void>;

  beforeAll(async () => {
    gateway = createServer((_request, response) => {
      const chunk = (delta: object, finish: string | null): string =>
        `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${chunk({ role: 'assistant', content: LONG }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`);
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    gateway.closeAllConnections();
    gateway.close();
  });

  beforeEach(() => {
    seen = [];
    parts = {
      gateway: { baseUrl: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/v1`, apiKey: 'none', model: 'm' },
      limits: { deadlineMs: 5_000, idleMs: 5_000 },
      blobs: { load: async () => new Map(), save: () => (seen.push('store'), store()) },
      lists: new ListedMessages({ load: async () => new Map(), save: async () => undefined }),
      catalogue: new ToolCatalogue({ listTools: () => Promise.reject(new Error('no tools here')) }),
      circuits: new ModelCircuits(),
      ledger: {
        calls: {
          claim: async () => ({ kind: 'claimed', fence: 1, repeated: false, changed: false }),
          finish: async (_ctx, _call, _fence, reply) => (seen.push('ledger'), reply),
          release: async () => void seen.push('release'),
        },
        owner: 'test',
        log: { warn: () => undefined },
      },
      tokens: {
        push: (_run, chunk: TokenChunk) => void seen.push(chunk.last === true ? 'last' : 'text'),
        abandon: (_run, call, attempt) => void seen.push(`abandon ${call} ${attempt}`),
      },
    };
  });

  const ask = (): ReturnType<typeof callModel> =>
    callModel(
      parts,
      { ref: REF, messages: [{ type: 'human', content: 'Hello' }], stream: true },
      { ctx: systemContext(REF.tenantId, 'run', REF.runId), signal: new AbortController().signal, attempt: 1, timeoutMs: 60_000 },
    );

  it('is stored before viewers are told that it is whole', async () => {
    store = async () => undefined;
    const begun = Date.now();
    const reply = await ask();
    expect(reply.message).toMatchObject({ id: 'run-r1-0123456789abcdef-0', content: [{ $blob: expect.any(String) }] });
    expect(Date.parse(reply.firstTokenAt ?? '')).toBeGreaterThanOrEqual(begun);
    expect(reply.repeated).toBeUndefined();
    expect(seen).toEqual(['text', 'store', 'ledger', 'last']);
  });

  it('that cannot be stored is abandoned, so that the next attempt speaks alone', async () => {
    store = () => Promise.reject(new HoldfastError('DEPENDENCY_UNAVAILABLE', 'PostgreSQL is away'));
    await expect(ask()).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
    expect(seen).toEqual(['text', 'store', 'abandon 0123456789abcdef-0 1', 'release']);
  });
});
