/*
 * For each graph of the catalogue, runs that take it through what it has, and what models and tools answer them. Also runs by Node's type
 * stripping.
 */
import type { ModelReply, ModelRequest, ToolReply, ToolRequest } from '../../src/api';

/** One run of a conversation. */
export interface CatalogueTurn {
  readonly input?: unknown;
  readonly command?: { readonly resume: unknown };
}

const question = [{ input: { messages: [{ role: 'user', content: 'What is there?' }] } }];
const resumed = (answer: unknown): CatalogueTurn => ({ command: { resume: answer } });
const elapsed = resumed({ wait_id: 'w', outcome: 'elapsed' });
const paid = resumed({
  wait_id: 'w',
  outcome: 'event',
  event: { id: 'e', type: 'payment.received', key: 'A-1', payload: { amount: 5 }, posted_at: '2026-01-01T00:00:00.000Z' },
});
const approved = resumed({ decision: 'approved', args: {}, comment: null, decided_by: ['p'], by: 'decision', approval_id: 'a' });
const booking = (name: string) => ({ name, tool: 'travel__book', args: { what: name }, compensate: { tool: 'travel__cancel', args: { booking: { $result: name } } } });

/** By graph. Who adds a graph to the catalogue adds a conversation with it: `replay.spec` and `isolation.spec` say so. */
export const CATALOGUE_CONVERSATIONS: Readonly<Record<string, readonly CatalogueTurn[]>> = {
  'plan-execute-review': question,
  react: question,
  'generate-approve-execute': [...question, resumed({ decision: 'edit', args: { to: 'b' } })],
  'map-reduce': question,
  debate: question,
  supervisor: question,
  coordinator: question,
  swarm: [...question, ...question],
  'sub-graphs': [...question, resumed({ decision: 'revise', remarks: 'Shorter.' }), resumed({ decision: 'accept' })],
  'branch-and-loop': question,
  saga: [{ input: { steps: [booking('flight'), booking('hotel'), { name: 'pay', tool: 'test__refuse' }] } }],
  'structured-output': question,
  waits: [{ input: { order: 'A-1', coolingOffSeconds: 60, paymentSeconds: 600 } }, elapsed, paid, approved],
  'three-calls': [{ input: { input: 'x' } }],
};

/** What a node's model says in its first calls of a run, the last text for ever. Other nodes ask for a tool when they are offered one. */
const SAID: Readonly<Record<string, readonly string[]>> = {
  'plan-execute-review.plan': ['1. Look\n2. Tell'],
  'plan-execute-review.review': ['REVISE: more', 'ACCEPT'],
  'map-reduce.split': ['1. one\n2. two\n3. three'],
  'debate.judge': ['VOTE: 2'],
  'supervisor.supervisor': ['HANDOFF: researcher: list the folders', 'HANDOFF: clerk: add 2 and 3', 'FINISH'],
  'coordinator.assign': ['1. researcher: read it\n2. clerk: add it'],
  'swarm.guide': ['HANDOFF: clerk: numbers'],
  'branch-and-loop.classify': ['It is compute.'],
  'branch-and-loop.check': ['REVISE: more', 'ACCEPT'],
  'structured-output.format': ['Two.', '{"answer":"Two.","facts":["a","b"],"confidence":"high"}'],
};

/** A model's answer; of two models, the second one's. @param turn calls that this node of this run has made before */
export function modelReply({ ref, messages, tools, params, policy }: ModelRequest, turn: number): ModelReply {
  const id = `run-${ref.runId}-${ref.callId}`;
  const usage = { input_tokens: 6, output_tokens: 4, total_tokens: 10 };
  const said = SAID[`${ref.graphId}.${ref.node}`];
  const asksForTools = said === undefined && tools !== undefined && messages.at(-1)?.type !== 'tool';
  const content = said === undefined ? (asksForTools ? '' : `heard ${messages.length}`) : said[Math.min(turn, said.length - 1)]!;
  const calls = ['one', 'two'].map((message) => ({ id: `${ref.callId}-${message}`, name: 'everything__echo', args: { message } }));
  const fallback = policy?.fallbacks?.[0];
  const answered = fallback === undefined ? { model: 'test' } : { model: fallback, passedOver: [{ model: params?.model ?? 'test', code: 'MODEL_CIRCUIT_OPEN' as const }] };
  return { message: { type: 'ai', id, content, ...(asksForTools ? { tool_calls: calls } : {}) }, usage, ...answered };
}

/** A tool's answer: what it was asked; of `test__refuse`, a refusal. */
export function toolReply({ ref, name, args, toolCallId }: ToolRequest): ToolReply {
  const refuses = name === 'test__refuse';
  const content = refuses ? 'Error: no' : `Echo: ${String(args['message'])}`;
  const message = { type: 'tool', id: `tool-${ref.originRunId}-${ref.callId}`, tool_call_id: toolCallId, name } as const;
  const outcome = { server: 'everything', tool: 'echo', effect: 'read', duration_ms: 1, bytes: 1, truncated: false, arguments_sha256: '0' } as const;
  return { message: { ...message, content, status: refuses ? 'error' : 'success' }, outcome: { ...outcome, status: refuses ? 'error' : 'ok' } };
}
