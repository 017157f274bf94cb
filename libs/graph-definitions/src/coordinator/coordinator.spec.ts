import { AIMessage } from '@langchain/core/messages';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { AgentCall } from '@holdfast/agent-runtime/graph';
import { DrivenGraph, lastText } from '../testing/driven-graph';
import { type AgentScript, ScriptedPort, textsOf } from '../testing/scripted-port';
import { coordinator } from './coordinator.graph';

const partOf = ({ input }: AgentCall) => String((input as { messages: { content: string }[] }).messages.at(-1)?.content);
const reports: AgentScript = (call) => ({ messages: [new AIMessage(`report on ${partOf(call)}`)] });
const portOf = (plan: string, agents = reports) => new ScriptedPort({ assign: [plan], synthesise: ['All of it.'] }, undefined, agents);
const drive = (port: ScriptedPort, configurable = {}) => new DrivenGraph(coordinator, port, configurable);

describe('coordinator', () => {
  it('gives each task to an agent with the tools of the specialist and a budget, and makes one answer of the reports in their order', async () => {
    const port = portOf('1. researcher: read it\n2. **Clerk**: add it');
    const run = await drive(port, { clerk_tools: ['t__*'], max_calls: 7, max_tokens: 5_000, max_seconds: 9, model: 'm' }).ask('Do all.');
    expect(run.nodes).toEqual(['assign', 'delegate', 'delegate', 'synthesise']);
    const budget = { calls: 7, tokens: 5_000, seconds: 9 };
    expect(port.agentCalls).toMatchObject([
      { graph: 'react', budget, configurable: { tools: ['filesystem__*'], model: 'm' }, input: { messages: [{ content: 'Do all.' }, {}] } },
      { graph: 'react', budget, configurable: { tools: ['t__*'], model: 'm' } },
    ]);
    expect(run.values['findings']).toMatchObject([
      { index: 0, specialist: 'researcher', task: 'read it', outcome: 'done', content: 'report on read it', spent: { calls: 1 } },
      { index: 1, specialist: 'clerk', task: 'add it', outcome: 'done' },
    ]);
    expect(textsOf(port.of('synthesise')[0]).slice(1)).toEqual([
      'Do all.',
      'Report 1 (read it):\nreport on read it',
      'Report 2 (add it):\nreport on add it',
    ]);
    expect(lastText(run)).toBe('All of it.');
  });

  it('goes on without a specialist that failed, and says so', async () => {
    const port = portOf('1. researcher: read it\n2. clerk: add it', (call) => {
      if (partOf(call).endsWith('add it')) throw new HoldfastError('BUDGET_EXCEEDED', 'used up');
      return reports(call);
    });
    const run = await drive(port).ask('Do all.');
    expect(run.values['findings']).toMatchObject([{ outcome: 'done' }, { outcome: 'BUDGET_EXCEEDED', content: 'Not done: used up', spent: null }]);
    expect(textsOf(port.of('synthesise')[0]).at(-1)).toBe('Report 2 (add it):\nNot done: used up');
    expect(run.custom.at(-1)).toEqual({ phase: 'reported', index: 1, specialist: 'clerk', outcome: 'BUDGET_EXCEEDED' });
  });

  it('fails with what is no error of the specialist', async () => {
    await expect(drive(portOf('1. clerk: x', () => { throw new TypeError('cancelled'); })).ask('Do.')).rejects.toThrow('cancelled');
  });

  it('answers by itself what is for nobody, and keeps to its limit', async () => {
    expect((await drive(portOf('NONE')).ask('Hello.')).nodes).toEqual(['assign', 'synthesise']);
    expect((await drive(portOf('1. nobody: x\n2. clerk: y')).ask('Do.')).values['assignments']).toEqual([{ specialist: 'clerk', task: 'y' }]);
    const many = Array.from({ length: 9 }, (_, i) => `${i + 1}. clerk: t${i}`).join('\n');
    expect((await drive(portOf(many), { max_tasks: 3 }).ask('Do.')).values['findings']).toHaveLength(3);
  });

  it('forgets the findings of the run before', async () => {
    const graph = drive(new ScriptedPort({ assign: ['1. clerk: a\n2. clerk: b', '1. clerk: c'], synthesise: ['Done.'] }, undefined, reports));
    await graph.ask('First.');
    expect((await graph.ask('Second.')).values['findings']).toMatchObject([{ index: 0, task: 'c' }]);
  });
});
