import { DrivenGraph, lastText } from '../testing/driven-graph';
import { ScriptedPort, textsOf } from '../testing/scripted-port';
import { branchAndLoop } from './branch-and-loop.graph';
import { routeOf } from './prompts';

const drive = (port: ScriptedPort, configurable = {}) => new DrivenGraph(branchAndLoop, port, configurable);

describe('branch-and-loop', () => {
  it.each([
    ['compute', { include: ['everything__*'] }],
    ['look-up', { include: ['filesystem__*'] }],
    ['talk', undefined],
  ])('goes the way of the request: %s', async (route, tools) => {
    const port = new ScriptedPort({ classify: [`It is ${route}.`], [route]: ['Done.'], check: ['ACCEPT'] });
    const run = await drive(port).ask('Well?');
    expect(run.nodes).toEqual(['classify', route, 'check']);
    expect(run.values).toMatchObject({ route, attempts: 1, verdict: 'accepted', feedback: '' });
    expect(port.of(route)[0]!.tools).toEqual(tools);
    expect(lastText(run)).toBe('Done.');
  });

  it('takes an answer that names no kind for talk', () => {
    expect(['COMPUTE', 'look-up, I think', 'computer', ''].map(routeOf)).toEqual(['compute', 'look-up', 'talk', 'talk']);
  });

  it('tries again with the objection; only the last answer stays', async () => {
    const port = new ScriptedPort({ classify: ['talk'], talk: ['poor', 'better', 'good'], check: ['REVISE: more', 'REVISE: still more', 'ACCEPT'] });
    const run = await drive(port).ask('Well?');
    expect(run.nodes).toEqual(['classify', 'talk', 'check', 'talk', 'check', 'talk', 'check']);
    expect(run.values.messages.map((message) => message.text)).toEqual(['Well?', 'good']);
    expect(textsOf(port.of('talk')[2]).slice(1)).toEqual(['Well?', 'better', 'REVISE: still more']);
    expect(run.values).toMatchObject({ attempts: 3, verdict: 'accepted' });
    expect(run.custom).toEqual([
      { phase: 'classified', route: 'talk' },
      { phase: 'checked', attempt: 1, verdict: 'sent-back', feedback: 'more' },
      { phase: 'checked', attempt: 2, verdict: 'sent-back', feedback: 'still more' },
      { phase: 'checked', attempt: 3, verdict: 'accepted', feedback: '' },
    ]);
  });

  it('leaves the answer as it is when it was sent back too often', async () => {
    const port = new ScriptedPort({ classify: ['talk'], talk: ['poor'], check: ['REVISE: more'] });
    const run = await drive(port, { max_attempts: 2 }).ask('Well?');
    expect(port.of('talk')).toHaveLength(2);
    expect(run.values).toMatchObject({ verdict: 'limit-reached', feedback: 'more' });
  });

  it('starts anew in the next run of the thread', async () => {
    const graph = drive(new ScriptedPort({ classify: ['talk'], talk: ['a', 'b'], check: ['ACCEPT'] }));
    await graph.ask('One?');
    const run = await graph.ask('Two?');
    expect(run.values.messages.map((message) => message.text)).toEqual(['One?', 'a', 'Two?', 'b']);
    expect(run.values).toMatchObject({ attempts: 1 });
  });
});
