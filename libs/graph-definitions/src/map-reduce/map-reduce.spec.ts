import { DrivenGraph, lastText } from '../testing/driven-graph';
import { ScriptedPort, textsOf } from '../testing/scripted-port';
import { mapReduce } from './map-reduce.graph';

/** Workers call a tool that is named like their task, and report what it returned. */
const work = (call: Parameters<typeof textsOf>[0]) => {
  const texts = textsOf(call);
  return texts.at(-1)?.startsWith('result') ? `found: ${texts.at(-1)}` : { tools: [`t__${texts[2]}`] };
};
const script = (list: string) => ({ split: [list], work, synthesise: ['All of it.'] });
const drive = (port: ScriptedPort, configurable = {}) => new DrivenGraph(mapReduce, port, configurable);

describe('map-reduce', () => {
  it('splits, works on every task with tools, and makes one answer of the reports in the order of the tasks', async () => {
    const port = new ScriptedPort(script('1. one\n2. two\n3. three'));
    const run = await drive(port, { tools: ['t__*'] }).ask('Do all.');
    expect(run.nodes).toEqual(['split', 'work', 'work', 'work', 'synthesise']);
    expect(run.values).toMatchObject({
      tasks: ['one', 'two', 'three'],
      findings: ['one', 'two', 'three'].map((task, index) => ({ index, task, content: `found: result of t__${task}` })),
    });
    expect(port.of('work')[0]).toMatchObject({ tools: { include: ['t__*'] }, stream: false });
    expect(textsOf(port.of('synthesise')[0]).slice(1)).toEqual([
      'Do all.',
      'Report 1 (one):\nfound: result of t__one',
      'Report 2 (two):\nfound: result of t__two',
      'Report 3 (three):\nfound: result of t__three',
    ]);
    expect(lastText(run)).toBe('All of it.');
    expect(run.custom).toEqual([
      { phase: 'split', tasks: ['one', 'two', 'three'] },
      ...['one', 'two', 'three'].map((task, index) => ({ phase: 'found', index, task })),
    ]);
  });

  it('never has more workers than the assistant allows', async () => {
    const many = Array.from({ length: 30 }, (_, i) => `${i + 1}. t${i}`).join('\n');
    const port = new ScriptedPort(script(many));
    expect((await drive(port, { max_workers: 2 }).ask('Do.')).values['findings']).toHaveLength(2);
    expect((await drive(new ScriptedPort(script(many)), { max_workers: 1000 }).ask('Do.')).values['findings']).toHaveLength(20);
    expect(textsOf(port.of('split')[0])[0]).toContain('at most 2 tasks');
  });

  it('forgets the findings of the run before', async () => {
    const graph = drive(new ScriptedPort({ ...script(''), split: ['1. one\n2. two', '1. three'] }));
    await graph.ask('First.');
    const second = await graph.ask('Second.');
    expect(second.values['findings']).toMatchObject([{ index: 0, task: 'three' }]);
  });

  it('answers a request that cannot be split without workers', async () => {
    const run = await drive(new ScriptedPort(script('  '))).ask('Hello.');
    expect(run.nodes).toEqual(['split', 'synthesise']);
  });

  it('makes a worker report that would call tools for ever', async () => {
    const port = new ScriptedPort({ ...script('1. one'), work: [{ tools: ['t__x'] }] });
    await drive(port).ask('Do.');
    expect(port.of('work')).toHaveLength(11);
    expect(port.of('work').at(-1)).not.toHaveProperty('tools');
    expect(port.toolCalls).toHaveLength(10);
  });

  it('quotes a long report as the reference that it is', async () => {
    const port = new ScriptedPort(script('1. one'));
    const reference = [{ type: 'text', text: 'beginning', $blob: `sha256:${'0'.repeat(64)}`, bytes: 9000, preview: 'beginning' }];
    port.model = async (site, call) => {
      const reply = await ScriptedPort.prototype.model.call(port, site, call);
      return site.node === 'work' ? { ...reply, message: { type: 'ai', id: 'w', content: reference } } : reply;
    };
    await drive(port).ask('Do.');
    expect(port.of('synthesise')[0]!.messages.slice(-2).map(({ content }) => content)).toEqual(['Report 1 (one):', reference]);
  });
});
