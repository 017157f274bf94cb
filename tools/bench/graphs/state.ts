import { Annotation } from '@langchain/langgraph';
import { type JsonSchema, callTool } from '@holdfast/agent-runtime/graph';

/** What every graph of the bench takes and gives. */
export const BenchState = Annotation.Root({
  input: Annotation<string>({ reducer: (_, next) => next, default: () => '' }),
  /** What the calls answered, in order. */
  results: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});
export type BenchState = typeof BenchState.State;

const schema: JsonSchema = {
  type: 'object',
  properties: { input: { type: 'string' }, results: { type: 'array', items: { type: 'string' } } },
};

/** The schemas of every graph of the bench. */
export const schemas = { input: schema, output: schema, state: schema, config: { type: 'object', properties: {} } };

/** One call of the echo tool. */
export async function echo(id: string, message: string): Promise<string> {
  return (await callTool({ id, name: 'everything__echo', args: { message } })).text;
}

/** A durable timer: the workflow stays open meanwhile. `waitFor` would close it. */
export async function pause(ms: number): Promise<void> {
  await new Promise<void>((done) => setTimeout(done, ms));
}
