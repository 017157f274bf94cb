import { DrivenGraph, lastText } from '../testing/driven-graph';
import { ScriptedPort, textsOf } from '../testing/scripted-port';
import { generateApproveExecute } from './generate-approve-execute.graph';

const CALL = { tools: [{ name: 'mail__send', args: { to: 'a', text: 'hi' } }, 'mail__other'] };
const script = { generate: [CALL], conclude: ['Sent.'] };
const drive = (port: ScriptedPort) => new DrivenGraph(generateApproveExecute, port);

describe('generate-approve-execute', () => {
  it('makes no call before a person approves, then the proposed one, and reports', async () => {
    const port = new ScriptedPort(script);
    const graph = drive(port);
    const waiting = await graph.ask('Write to a.');
    expect(waiting.questions).toEqual([expect.objectContaining({ kind: 'approval', tool: 'mail__send', args: { to: 'a', text: 'hi' } })]);
    expect(waiting.values).toMatchObject({ verdict: 'pending' });
    expect(port.toolCalls).toEqual([]);
    const done = await graph.resume({ decision: 'approve' });
    expect(port.toolCalls).toEqual([{ toolCallId: 'generate-0-0', name: 'mail__send', args: { to: 'a', text: 'hi' } }]);
    expect(done.values).toMatchObject({ verdict: 'approved' });
    expect(done.nodes).toEqual(['approve', 'execute', 'conclude']);
    expect(lastText(done)).toBe('Sent.');
    expect(done.custom).toEqual([{ phase: 'decided', decision: 'approve' }]);
  });

  it('makes the edited call, and says so in the conversation', async () => {
    const port = new ScriptedPort(script);
    const graph = drive(port);
    await graph.ask('Write to a.');
    const done = await graph.resume({ decision: 'edit', args: { to: 'b' } });
    expect(port.toolCalls).toMatchObject([{ name: 'mail__send', args: { to: 'b' } }]);
    expect(done.values).toMatchObject({ verdict: 'edited', proposal: { tool: 'mail__send', args: { to: 'b' } } });
    expect(done.values.messages[1]).toMatchObject({ id: 'generate-0', tool_calls: [{ id: 'generate-0-0', args: { to: 'b' } }] });
    expect(port.of('conclude')[0]!.messages.map((message) => message.type)).toEqual(['system', 'human', 'ai', 'tool']);
  });

  it('ends with the reason when the person rejects, in a conversation that can go on', async () => {
    const port = new ScriptedPort(script);
    const graph = drive(port);
    await graph.ask('Write to a.');
    const done = await graph.resume({ decision: 'reject', reason: 'not now' });
    expect(port.toolCalls).toEqual([]);
    expect(port.of('conclude')).toEqual([]);
    expect(done.values).toMatchObject({ verdict: 'rejected', reason: 'not now' });
    expect(done.values.messages.at(-1)).toMatchObject({ tool_call_id: 'generate-0-0', status: 'error', content: 'Refused by a person: not now' });
    const next = await graph.ask('Then write to b.');
    expect(textsOf(port.of('generate')[1]).slice(1)).toEqual(['Write to a.', '', 'Refused by a person: not now', 'Then write to b.']);
    expect(next.values).toMatchObject({ verdict: 'pending', reason: '' });
  });

  it('asks again, with the problem named, for as long as the answer cannot be read', async () => {
    const port = new ScriptedPort(script);
    const graph = drive(port);
    await graph.ask('Write to a.');
    const again = await graph.resume('ok');
    expect(again.questions).toEqual([expect.objectContaining({ kind: 'approval', tool: 'mail__send', problem: expect.stringContaining('"object"') })]);
    const third = await graph.resume({ decision: 'edit' });
    expect(third.questions).toEqual([expect.objectContaining({ problem: expect.stringContaining('"args"') })]);
    expect(port.toolCalls).toEqual([]);
    const done = await graph.resume({ decision: 'approve' });
    expect(done.values).toMatchObject({ verdict: 'approved', problem: '' });
    expect(port.toolCalls).toHaveLength(1);
    expect(port.of('generate')).toHaveLength(1);
  });

  it('goes on with what the person asks instead of deciding; the open call is no part of what the model reads', async () => {
    const port = new ScriptedPort(script);
    const graph = drive(port);
    await graph.ask('Write to a.');
    const run = await graph.ask('No, forget it.');
    expect(port.of('generate')[1]!.messages.map((message) => message.type)).toEqual(['system', 'human', 'human']);
    expect(run.questions).toHaveLength(1);
  });

  it('asks nobody when the model proposes nothing', async () => {
    const run = await drive(new ScriptedPort({ generate: ['There is no tool for that.'] })).ask('Fly.');
    expect(run).toMatchObject({ questions: [], values: { verdict: 'none', proposal: null } });
    expect(lastText(run)).toBe('There is no tool for that.');
  });
});
