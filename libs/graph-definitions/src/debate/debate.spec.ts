import { DrivenGraph, lastText } from '../testing/driven-graph';
import { ScriptedPort, textsOf } from '../testing/scripted-port';
import { debate } from './debate.graph';

const place = (call: Parameters<typeof textsOf>[0]) => /debater (\d) of \d, in round (\d)/.exec(textsOf(call)[0]!)!.slice(1).join('.');
const argue = (call: Parameters<typeof textsOf>[0]) => `answer ${place(call)}`;
const drive = (port: ScriptedPort, configurable = {}) => new DrivenGraph(debate, port, configurable);

describe('debate', () => {
  it('lets everybody answer in rounds, each knowing the round before, and takes the answer with most votes', async () => {
    const port = new ScriptedPort({ argue, judge: ['VOTE: 2', 'VOTE: 3', 'VOTE: 2'] });
    const run = await drive(port).ask('Tea or coffee?');
    expect(run.nodes).toEqual(['open', 'argue', 'argue', 'argue', 'close-round', 'argue', 'argue', 'argue', 'close-round', 'judge', 'judge', 'judge', 'tally']);
    expect(run.values).toMatchObject({ rounds: 2, result: { votes: [0, 2, 1], abstentions: 0, winner: 2 } });
    expect(run.values['positions']).toEqual(
      [1, 2].flatMap((round) => [1, 2, 3].map((debater) => ({ debater, round, content: `answer ${debater}.${round}` }))),
    );
    expect(lastText(run)).toBe('answer 2.2');
    expect(run.values.messages.at(-1)).toMatchObject({ name: 'debater-2' });
    expect(textsOf(port.of('argue')[0]).slice(1)).toEqual(['Tea or coffee?']);
    expect(textsOf(port.of('argue')[3]).slice(1)).toEqual(['Tea or coffee?', ...[1, 2, 3].map((n) => `Answer of debater ${n}:\nanswer ${n}.1`)]);
    expect(textsOf(port.of('judge')[0]).slice(2)).toEqual([1, 2, 3].map((n) => `Answer of debater ${n}:\nanswer ${n}.2`));
    expect(run.custom.at(-1)).toEqual({ phase: 'tally', votes: [0, 2, 1], abstentions: 0, winner: 2 });
  });

  it('has as many debaters, rounds and judges as the assistant says; judges weigh different things', async () => {
    const port = new ScriptedPort({ argue, judge: ['VOTE: 5', 'who knows'] });
    const run = await drive(port, { debaters: 5, rounds: 1, judges: 2, tools: [] }).ask('Well?');
    expect([port.of('argue').length, port.of('judge').length]).toEqual([5, 2]);
    expect(run.values).toMatchObject({ result: { votes: [0, 0, 0, 0, 1], abstentions: 1, winner: 5 } });
    expect(new Set(port.of('judge').map((call) => textsOf(call)[0]!.split('weigh')[1])).size).toBe(2);
    expect(port.of('argue').some((call) => 'tools' in call)).toBe(false);
  });

  it('starts anew in the next run of the thread', async () => {
    const graph = drive(new ScriptedPort({ argue, judge: ['VOTE: 1'] }), { rounds: 1, judges: 1 });
    await graph.ask('One?');
    const run = await graph.ask('Two?');
    expect(run.values).toMatchObject({ rounds: 1, ballots: [{ judge: 1, vote: 1 }], result: { votes: [1, 0, 0] } });
    expect(run.values['positions']).toHaveLength(3);
  });

  it('lets debaters look things up', async () => {
    const answers = (call: Parameters<typeof textsOf>[0]) => (textsOf(call).at(-1)?.startsWith('result') ? argue(call) : { tools: ['a__look'] });
    const port = new ScriptedPort({ argue: answers, judge: ['VOTE: 1'] });
    await drive(port, { debaters: 2, rounds: 1 }).ask('Well?');
    expect(port.toolCalls.map(({ name }) => name)).toEqual(['a__look', 'a__look']);
  });
});
