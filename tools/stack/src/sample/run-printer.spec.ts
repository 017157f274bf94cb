import { RunPrinter } from './run-printer.ts';

function print(frames: readonly (readonly [string, unknown])[]): { text: string; printer: RunPrinter } {
  let text = '';
  const printer = new RunPrinter((piece) => (text += piece), 'model-x');
  for (const [event, data] of frames) printer.take({ event, data, id: undefined });
  printer.end();
  return { text, printer };
}

const token = (id: string, node: string, content: string): readonly [string, unknown] => ['messages', [{ type: 'AIMessageChunk', id, content }, { langgraph_node: node }]];

describe('RunPrinter', () => {
  it('writes tokens as they come, under the node and the model that speaks', () => {
    const { text, printer } = print([['metadata', { run_id: 'r1' }], token('m1', 'plan', '1. Look'), token('m1', 'plan', ' around'), token('m2', 'execute', 'Done.')]);
    expect(text).toBe('\n[plan] model-x says:\n1. Look around\n\n[execute] model-x says:\nDone.\n');
    expect(printer.summary()).toEqual({ runId: 'r1', answer: 'Done.', toolCalls: 0, error: undefined });
  });

  it('does not repeat from an update what was said in tokens', () => {
    const { text } = print([token('m1', 'execute', 'Hello'), ['updates', { execute: { messages: [{ type: 'ai', id: 'm1', content: 'Hello' }] } }]]);
    expect(text.match(/Hello/g)).toHaveLength(1);
  });

  it('shows each tool call with its arguments and what came back', () => {
    const { text, printer } = print([
      ['updates', { execute: { messages: [{ type: 'ai', id: 'm1', content: '', tool_calls: [{ id: 'c', name: 'fs__list', args: { path: '/' } }] }] } }],
      ['updates', { tools: { messages: [{ type: 'tool', id: 't1', name: 'fs__list', content: [{ type: 'text', text: 'a\nb' }] }] } }],
    ]);
    expect(text).toBe('  → fs__list {"path":"/"}\n  ← fs__list: a b\n');
    expect(printer.summary().toolCalls).toBe(1);
  });

  it('shows the verdict of the review and an error', () => {
    const { text, printer } = print([
      ['updates', { plan: { verdict: 'pending' } }],
      ['updates', { review: { verdict: 'sent-back', feedback: 'libs/a is missing' } }],
      ['error', { error: 'RUN_FAILED', message: 'no model' }],
    ]);
    expect(text).toBe('\n[review] model-x decides: sent-back: libs/a is missing\n✗ The run failed: no model\n');
    expect(printer.summary().error).toBe('no model');
  });

  it('survives frames of other shapes', () => {
    expect(() => print([['messages', null], ['updates', { __interrupt__: [] }], ['updates', 'x'], ['values', {}], ['custom', 'note']])).not.toThrow();
  });
});
