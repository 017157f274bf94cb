import { teamOf } from './team';

const team = teamOf({ scout: { skill: 'looks around', tools: ['eyes__*'] }, smith: { skill: 'forges', tools: [] } });

describe('teamOf', () => {
  it('knows its members and no others', () => {
    expect(team.names).toEqual(['scout', 'smith']);
    expect(['scout', 'toString', ''].map((name) => team.has(name))).toEqual([true, false, false]);
    expect(team.listed()).toEqual(['- scout: looks around', '- smith: forges']);
    expect(team.listed(['smith'])).toEqual(['- smith: forges']);
  });

  it('offers each member the tools of its trade, or those that the run says', () => {
    expect(team.toolsOf('scout', {})).toEqual(['eyes__*']);
    expect(team.toolsOf('scout', { configurable: { scout_tools: ['ears__*'], smith_tools: ['hammer'] } })).toEqual(['ears__*']);
    expect(Object.keys(team.toolChoices)).toEqual(['scout_tools', 'smith_tools']);
  });
});
