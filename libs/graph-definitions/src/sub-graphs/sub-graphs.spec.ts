import { DrivenGraph, lastText } from '../testing/driven-graph';
import { ScriptedPort, textsOf } from '../testing/scripted-port';
import { subGraphs } from './sub-graphs.graph';

const script = { think: [{ tools: ['a__look'] }, 'There are two.'], write: ['Draft one.', 'Draft two.', 'Draft three.'] };
const drive = (port: ScriptedPort) => new DrivenGraph(subGraphs, port);

describe('sub-graphs', () => {
  it('researches, writes, waits for a person inside the sub-graph, and publishes what was accepted', async () => {
    const port = new ScriptedPort(script);
    const graph = drive(port);
    const waiting = await graph.ask('How many?');
    expect(waiting.nodes).toEqual(['begin', 'research/think', 'research/act', 'research/observe', 'research/think', 'research', 'editing/write']);
    expect(waiting.questions).toEqual([expect.objectContaining({ kind: 'review', draft: 'Draft one.' })]);
    const done = await graph.resume({ decision: 'accept' });
    expect(done.nodes).toEqual(['editing/review', 'editing', 'publish']);
    expect(done.values).toMatchObject({ draft: 'Draft one.', verdict: 'accepted' });
    expect(Object.keys(done.values).sort()).toEqual(['draft', 'messages', 'verdict']);
    expect(done.values.messages.map((message) => message.text)).toEqual(['How many?', '', 'result of a__look', 'There are two.', 'Draft one.']);
    expect(port.of('write')).toHaveLength(1);
  });

  it('writes again with the remarks of the person', async () => {
    const port = new ScriptedPort(script);
    const graph = drive(port);
    await graph.ask('How many?');
    const again = await graph.resume({ decision: 'revise', remarks: 'Shorter.' });
    expect(again.questions).toEqual([expect.objectContaining({ draft: 'Draft two.' })]);
    expect(textsOf(port.of('write')[1]).slice(-2)).toEqual(['Draft:\nDraft one.', 'Remarks:\nShorter.']);
    const done = await graph.resume({ decision: 'accept' });
    expect(lastText(done)).toBe('Draft two.');
    expect(port.of('think')).toHaveLength(2);
  });

  it('asks again, with the problem named, when the answer cannot be read', async () => {
    const port = new ScriptedPort(script);
    const graph = drive(port);
    await graph.ask('How many?');
    const again = await graph.resume({ decision: 'revise' });
    expect(again.questions).toEqual([expect.objectContaining({ draft: 'Draft one.', problem: expect.stringContaining('"remarks"') })]);
    await graph.resume({ decision: 'accept' });
    expect(port.of('write')).toHaveLength(1);
  });

  it('ends when a person is never content', async () => {
    const graph = drive(new ScriptedPort(script));
    let run = await graph.ask('How many?');
    let asked = 0;
    for (; run.questions.length > 0; asked += 1) run = await graph.resume({ decision: 'revise', remarks: 'No.' });
    expect(asked).toBe(4);
    expect(run.values).toMatchObject({ verdict: 'limit-reached' });
    expect(run.values.messages.at(-1)).toMatchObject({ name: 'unaccepted-report' });
  });

  it('starts anew in the next run of the thread', async () => {
    const graph = drive(new ScriptedPort(script));
    await graph.ask('How many?');
    await graph.resume({ decision: 'revise', remarks: 'Shorter.' });
    await graph.resume({ decision: 'accept' });
    const next = await graph.ask('And now?');
    expect(next.values).toMatchObject({ verdict: 'pending', draft: '' });
    expect(next.questions).toEqual([expect.objectContaining({ draft: 'Draft three.' })]);
  });
});
