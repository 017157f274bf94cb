import { DrivenGraph, lastText } from '../testing/driven-graph';
import { ScriptedPort, textsOf } from '../testing/scripted-port';
import { swarm } from './swarm.graph';

const drive = (port: ScriptedPort, configurable = {}) => new DrivenGraph(swarm, port, configurable);

describe('swarm', () => {
  it('hands over to the peer whom the speaker names, and that one keeps the word in the next run', async () => {
    const port = new ScriptedPort({
      guide: ['HANDOFF: clerk: numbers'],
      clerk: [{ tools: ['everything__sum'] }, 'It is 5.', 'HANDOFF: librarian: files'],
      librarian: ['Two files.'],
    });
    const graph = drive(port);
    const first = await graph.ask('2 plus 3?');
    expect(first.nodes).toEqual(['enter', 'guide', 'clerk', 'tools', 'clerk']);
    expect(first.values).toMatchObject({ active: 'clerk', handoffs: 1, rounds: 1 });
    expect(lastText(first)).toBe('It is 5.');
    expect(first.values.messages.map(({ name }) => name)).toEqual([undefined, 'guide', 'clerk', 'everything__sum', 'clerk']);
    expect(first.custom).toEqual([{ phase: 'handoff', from: 'guide', to: 'clerk', task: 'numbers' }]);
    expect([port.of('guide')[0]!.tools, port.of('clerk')[0]!.tools]).toEqual([undefined, { include: ['everything__*'] }]);

    const second = await graph.ask('Which files?');
    expect(second.nodes).toEqual(['enter', 'clerk', 'librarian']);
    expect(second.values).toMatchObject({ active: 'librarian', handoffs: 1, rounds: 0 });
    const before = ['2 plus 3?', 'HANDOFF: clerk: numbers', '', 'result of everything__sum', 'It is 5.'];
    expect(textsOf(port.of('librarian')[0]).slice(1)).toEqual([...before, 'Which files?', 'HANDOFF: librarian: files']);
  });

  it('begins with the peer whom the input names, and with the first one when there is no such peer', async () => {
    const graph = drive(new ScriptedPort({ guide: ['Hello.'], librarian: ['Shh.'] }));
    expect((await graph.ask('Hi.', { active: 'librarian' })).nodes).toEqual(['enter', 'librarian']);
    const run = await graph.ask('Hi.', { active: 'toString' });
    expect(run.nodes).toEqual(['enter', 'guide']);
    expect(run.values).toMatchObject({ active: 'guide' });
  });

  it('ends when peers would hand over to each other for ever', async () => {
    const port = new ScriptedPort({ guide: ['HANDOFF: clerk: you'], clerk: ['HANDOFF: guide: no, you'] });
    const run = await drive(port, { max_handoffs: 3 }).ask('Well?');
    expect(run.nodes).toEqual(['enter', 'guide', 'clerk', 'guide', 'clerk']);
    expect(run.values).toMatchObject({ handoffs: 3, active: 'clerk' });
    expect(textsOf(port.of('clerk')[1])[0]).toContain('cannot hand over any more');
  });

  it('takes a handoff to nobody, or to oneself, as an answer', async () => {
    for (const said of ['HANDOFF: baker: bread', 'HANDOFF: guide: me']) {
      const run = await drive(new ScriptedPort({ guide: [said] })).ask('Well?');
      expect(run.nodes).toEqual(['enter', 'guide']);
      expect(lastText(run)).toBe(said);
    }
  });

  it('stops offering tools to a peer that would call them for ever', async () => {
    const port = new ScriptedPort({ guide: ['HANDOFF: clerk: x'], clerk: [{ tools: ['a__b'] }] });
    const run = await drive(port).ask('Well?');
    expect(port.toolCalls).toHaveLength(15);
    expect(run.values.messages.at(-1)).toMatchObject({ tool_calls: [] });
  });
});
