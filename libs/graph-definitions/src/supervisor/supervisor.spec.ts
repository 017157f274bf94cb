import { DrivenGraph, lastText } from '../testing/driven-graph';
import { ScriptedPort, textsOf } from '../testing/scripted-port';
import { supervisor } from './supervisor.graph';

const drive = (port: ScriptedPort, configurable = {}) => new DrivenGraph(supervisor, port, configurable);
const specialists = { researcher: [{ tools: ['filesystem__list'] }, 'two folders'], clerk: ['it is 5'], answer: ['Two folders, and 5.'] };

describe('supervisor', () => {
  it('hands over to one specialist after the other and answers from their reports', async () => {
    const port = new ScriptedPort({ ...specialists, supervisor: ['HANDOFF: researcher: list the folders', 'HANDOFF: clerk: add 2 and 3', 'FINISH'] });
    const run = await drive(port, { clerk_tools: ['x__*'] }).ask('Folders, and 2 plus 3?');
    expect(run.nodes).toEqual(['receive', 'supervisor', 'researcher', 'supervisor', 'clerk', 'supervisor', 'answer']);
    expect(run.values).toMatchObject({
      handoffs: 2,
      reports: [
        { specialist: 'researcher', task: 'list the folders', content: 'two folders' },
        { specialist: 'clerk', task: 'add 2 and 3', content: 'it is 5' },
      ],
    });
    expect(lastText(run)).toBe('Two folders, and 5.');
    expect(port.of('researcher')[0]!.tools).toEqual({ include: ['filesystem__*'] });
    expect(port.of('clerk')[0]!.tools).toEqual({ include: ['x__*'] });
    expect(textsOf(port.of('clerk')[0]).slice(1)).toEqual(['add 2 and 3']);
    expect(textsOf(port.of('supervisor')[2]).slice(1)).toEqual([
      'Folders, and 2 plus 3?',
      'Report of the researcher (list the folders):\ntwo folders',
      'Report of the clerk (add 2 and 3):\nit is 5',
    ]);
    expect(run.values.messages).toHaveLength(2);
    expect(run.custom).toEqual([
      { phase: 'handoff', to: 'researcher', task: 'list the folders' },
      { phase: 'handoff', to: 'clerk', task: 'add 2 and 3' },
    ]);
  });

  it('tells a supervisor that names nobody what is wrong', async () => {
    const port = new ScriptedPort({ ...specialists, supervisor: ['HANDOFF: baker: bread', 'HANDOFF: clerk', 'FINISH'] });
    const run = await drive(port).ask('Bread?');
    expect(run.nodes).toEqual(['receive', 'supervisor', 'supervisor', 'supervisor', 'answer']);
    expect(textsOf(port.of('supervisor')[1])[0]).toContain('there is no specialist baker');
    expect(textsOf(port.of('supervisor')[2])[0]).toContain('no task for clerk');
    expect(run.values).toMatchObject({ problem: '', reports: [] });
  });

  it('answers when a supervisor would hand over for ever', async () => {
    const port = new ScriptedPort({ ...specialists, supervisor: ['HANDOFF: clerk: again'] });
    const run = await drive(port, { max_handoffs: 3 }).ask('Well?');
    expect(run.values['reports']).toHaveLength(3);
    expect(port.of('supervisor')).toHaveLength(3);
    expect(lastText(run)).toBe('Two folders, and 5.');
  });

  it('starts anew in the next run of the thread', async () => {
    const graph = drive(new ScriptedPort({ ...specialists, supervisor: ['HANDOFF: clerk: one', 'FINISH'] }));
    await graph.ask('One?');
    expect((await graph.ask('Two?')).values).toMatchObject({ reports: [], handoffs: 0 });
  });
});
