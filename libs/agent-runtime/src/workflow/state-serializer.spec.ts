import { AIMessage, AIMessageChunk, type BaseMessage, HumanMessage, RemoveMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { Send } from '@langchain/langgraph';
import { JsonPlusSerializer } from '@langchain/langgraph-checkpoint';
import fc from 'fast-check';
import { StateSerializer } from './state-serializer';

const langGraphs = new JsonPlusSerializer();
const ours = new StateSerializer();

async function readByLangGraph(text: string): Promise<unknown> {
  return langGraphs.loadsTyped('json', text);
}

async function writtenByLangGraph(value: unknown): Promise<string> {
  return new TextDecoder().decode((await langGraphs.dumpsTyped(value))[1]);
}

/** Everything of a message, its class too. */
function insideOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, part: unknown) => (part instanceof Set || part instanceof Map ? [...part] : part)));
}

const calls = [{ id: 'c1', name: 'search', args: { q: 'x', deep: [{ n: 1 }, null, true] }, type: 'tool_call' as const }];
const MESSAGES: Record<string, BaseMessage> = {
  human: new HumanMessage({ id: 'h', content: 'hello \ud800 "quoted" \n', name: 'bob' }),
  'human in blocks': new HumanMessage({ content: [{ type: 'text', text: 'x', $blob: 'sha256:0', bytes: 1 } as { type: 'text'; text: string }] }),
  system: new SystemMessage('be kind'),
  ai: new AIMessage({ id: 'a', content: 'answer', tool_calls: calls, usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 }, response_metadata: { model: 'm' } }),
  'ai without a name': new AIMessage({ id: 'a', content: '', name: undefined }),
  tool: new ToolMessage({ id: 't', content: 'r', tool_call_id: 'c1', status: 'error', artifact: { rows: [1] } }),
  chunk: new AIMessageChunk({ id: 'k', content: 'part' }),
  remove: new RemoveMessage({ id: 'h' }),
  'with a field that LangChain escapes': new HumanMessage({ content: 'x', additional_kwargs: { raw: { lc: 1, type: 'constructor', id: ['x'] } } }),
  'with a date': new ToolMessage({ content: 'x', tool_call_id: 'c', artifact: { at: new Date(0) } }),
};

const plain = fc.jsonValue({ maxDepth: 4 });
const odd = fc.constantFrom<unknown>(undefined, new Set([1, 2]), new Map([['k', 1]]), new Uint8Array([1, 2]), /x/g, new Error('e'), new Send('n', { a: 1 }), new Date(0));
const state = fc.dictionary(fc.string({ maxLength: 8 }), fc.oneof(plain, odd, fc.array(fc.oneof(plain, odd, fc.constantFrom(...Object.values(MESSAGES))))), { maxKeys: 5 });

describe('StateSerializer', () => {
  it.each(Object.entries(MESSAGES))('writes a message (%s) so that LangGraph reads the same, and reads what LangGraph has written', async (_, message) => {
    const expected = insideOf(await readByLangGraph(await writtenByLangGraph([message])));
    expect(insideOf(await readByLangGraph(ours.stringify([message])))).toEqual(expected);
    for (const text of [ours.stringify([message]), await writtenByLangGraph([message])]) {
      const [read] = (await ours.parse(text)) as [BaseMessage];
      expect(insideOf([read])).toEqual(expected);
      expect(Object.getPrototypeOf(read)).toBe(Object.getPrototypeOf(message));
    }
  });

  it('writes and reads any state as LangGraph does', async () => {
    await fc.assert(
      fc.asyncProperty(state, async (value) => {
        const text = await writtenByLangGraph(value);
        expect(insideOf(await ours.parse(text))).toEqual(insideOf(await readByLangGraph(text)));
        expect(insideOf(await readByLangGraph(ours.stringify(value)))).toEqual(insideOf(await readByLangGraph(text)));
      }),
      { numRuns: 200 },
    );
  });

  it('sees what a node changes within a message that was written before', async () => {
    const message = new AIMessage({ id: 'a', content: 'x', additional_kwargs: { marks: { seen: 1 } } });
    ours.stringify([message]);
    (message.additional_kwargs['marks'] as { seen: number }).seen = 2;
    const [read] = (await ours.parse(ours.stringify([message]))) as [AIMessage];
    expect(read.additional_kwargs).toEqual({ marks: { seen: 2 } });
  });

  it('gives every reader objects of its own', async () => {
    const text = ours.stringify({ a: { b: 1 }, m: [MESSAGES['human']] });
    const [one, other] = [(await ours.parse(text)) as { a: object; m: object[] }, (await ours.parse(text)) as { a: object; m: object[] }];
    expect(one.a).not.toBe(other.a);
    expect(one.m[0]).not.toBe(other.m[0]);
  });
});
