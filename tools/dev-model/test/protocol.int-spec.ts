import { HumanMessage, SystemMessage, type AIMessageChunk } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { type DevModelServer, startDevModel } from '../src/server.ts';

const TOOLS = [
  { type: 'function' as const, function: { name: 'everything__echo', parameters: { type: 'object', properties: { message: { type: 'string' } } } } },
];

describe('the development model behind the OpenAI client', () => {
  let server: DevModelServer;
  const model = (name = 'holdfast-dev'): ChatOpenAI =>
    new ChatOpenAI({ model: name, apiKey: 'none', maxRetries: 0, configuration: { baseURL: server.baseUrl } });

  beforeAll(async () => {
    server = await startDevModel({ host: '127.0.0.1', port: 0, chunkMs: 2 });
  });
  afterAll(() => server.stop());

  async function collect(question: string): Promise<{ chunks: string[]; whole: AIMessageChunk; times: number[] }> {
    const chunks: string[] = [];
    const times: number[] = [];
    let whole: AIMessageChunk | undefined;
    for await (const chunk of await model().stream([new SystemMessage('You are kind.'), new HumanMessage(question)])) {
      if (typeof chunk.content === 'string' && chunk.content !== '') { chunks.push(chunk.content); times.push(performance.now()); }
      whole = whole === undefined ? chunk : whole.concat(chunk);
    }
    if (whole === undefined) throw new Error('no chunk came');
    return { chunks, whole, times };
  }

  it('streams text in chunks that arrive apart, with its name and usage', async () => {
    const { chunks, whole, times } = await collect('Tell me something.');
    expect(chunks.length).toBeGreaterThan(5);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(8);
    expect(chunks.join('')).toContain('holdfast-dev');
    expect(whole.response_metadata['model_name']).toBe('holdfast-dev');
    expect(whole.usage_metadata?.output_tokens).toBeGreaterThan(5);
  });

  it('streams tool calls', async () => {
    const reply = await model().bindTools(TOOLS).invoke([new HumanMessage('echo hello world')]);
    expect(reply.tool_calls).toEqual([expect.objectContaining({ name: 'everything__echo', args: { message: 'hello world' } })]);
  });

  it('answers 429 once', async () => {
    const asked = [new HumanMessage('Are you there? 429:2')];
    await expect(model().invoke(asked)).rejects.toMatchObject({ status: 429 });
    await expect(model().invoke(asked)).resolves.toBeDefined();
  });

  it('cuts a stream once', async () => {
    await expect(collect('Tell me more. cut:once')).rejects.toThrow();
    expect((await collect('Tell me more. cut:once')).chunks.length).toBeGreaterThan(5);
  });

  it('fails and waits as told', async () => {
    await expect(model().invoke([new HumanMessage('fail:503')])).rejects.toMatchObject({ status: 503 });
    const before = performance.now();
    await model('holdfast-dev slow:120').invoke([new HumanMessage('hello')]);
    expect(performance.now() - before).toBeGreaterThanOrEqual(119);
  });
});
