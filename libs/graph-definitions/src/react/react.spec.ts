import { DrivenGraph, lastText } from '../testing/driven-graph';
import { ScriptedPort, textsOf } from '../testing/scripted-port';
import { FAILURES } from './limits';
import { react } from './react.graph';

const drive = (port: ScriptedPort, configurable = {}) => new DrivenGraph(react, port, configurable);

describe('react', () => {
  it('thinks, acts and observes until it can answer', async () => {
    const port = new ScriptedPort({ think: [{ tools: ['a__x', 'a__y'] }, { tools: ['a__z'] }, 'Found it.'] });
    const run = await drive(port).ask('Where?');
    expect(run.nodes).toEqual(['think', 'act', 'observe', 'think', 'act', 'observe', 'think']);
    expect(run.values).toMatchObject({ rounds: 2, failures: 0, outcome: 'answered' });
    expect(lastText(run)).toBe('Found it.');
    expect(run.custom).toEqual([
      { phase: 'act', round: 1, tools: ['a__x', 'a__y'] },
      { phase: 'observe', round: 1, results: 2, failed: 0 },
      { phase: 'act', round: 2, tools: ['a__z'] },
      { phase: 'observe', round: 2, results: 1, failed: 0 },
    ]);
    expect(textsOf(port.of('think')[2]).slice(1)).toEqual(['Where?', '', 'result of a__x', 'result of a__y', '', 'result of a__z']);
  });

  it('offers the tools and asks the model that the assistant chose', async () => {
    const port = new ScriptedPort({ think: ['Yes.'] });
    await drive(port, { tools: ['x__*'], model: 'big' }).ask('Well?');
    expect(port.of('think')).toEqual([expect.objectContaining({ tools: { include: ['x__*'] }, params: { model: 'big' }, stream: true })]);
  });

  it('makes a model answer that would call tools for ever, also one that asks for what it was not offered', async () => {
    const port = new ScriptedPort({ think: [{ tools: ['a__x'] }] });
    const run = await drive(port, { max_rounds: 2 }).ask('Where?');
    expect(port.of('think').map(({ tools }) => tools !== undefined)).toEqual([true, true, false]);
    expect(port.toolCalls).toHaveLength(2);
    expect(run.values).toMatchObject({ outcome: 'out-of-rounds', rounds: 2 });
    expect(run.values.messages.at(-1)).toMatchObject({ tool_calls: [] });
    expect(textsOf(port.of('think')[2])[0]).toContain('no calls left');
  });

  it('stops when every call fails again and again; a round with one good result counts as progress', async () => {
    const tools = (name: string) => (name === 'a__good' ? 'fine' : { error: 'Error: no' });
    const bad = { tools: ['a__bad', 'a__worse'] };
    const port = new ScriptedPort({ think: [bad, bad, { tools: ['a__bad', 'a__good'] }, bad] }, tools);
    const run = await drive(port).ask('Where?');
    expect(run.values).toMatchObject({ outcome: 'stalled', failures: FAILURES, rounds: 3 + FAILURES });
    expect(textsOf(port.of('think').at(-1))[0]).toContain('failed again and again');
  });

  it('counts anew in the next run of the thread', async () => {
    const graph = drive(new ScriptedPort({ think: [{ tools: ['a__x'] }, 'One.', 'Two.'] }));
    await graph.ask('First?');
    const run = await graph.ask('Second?');
    expect(run.values).toMatchObject({ rounds: 0, outcome: 'answered' });
    expect(run.values.messages.map((message) => message.text)).toEqual(['First?', '', 'result of a__x', 'One.', 'Second?', 'Two.']);
  });

  it('shows the model what fits of a long conversation, and keeps all of it', async () => {
    const port = new ScriptedPort({ think: [{ tools: ['a__x'] }, 'One. '.repeat(300), 'Two.'] });
    const graph = drive(port, { max_context_tokens: 500 });
    await graph.ask('First? '.repeat(100));
    const run = await graph.ask('Second?');
    expect(textsOf(port.of('think').at(-1)).slice(1)).toEqual(['Second?']);
    expect(run.values.messages).toHaveLength(6);
  });
});
