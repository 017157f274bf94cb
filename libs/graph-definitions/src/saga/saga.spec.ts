import { DrivenGraph, lastText } from '../testing/driven-graph';
import { ScriptedPort, type ToolScript } from '../testing/scripted-port';
import { saga } from './saga.graph';

const back = (tool: string, args = {}) => ({ compensate: { tool, args } });
const STEPS = [
  { name: 'flight', tool: 'travel__book', args: { what: 'flight' }, ...back('travel__cancel', { booking: { $result: 'flight' } }) },
  { name: 'look', tool: 'travel__look' },
  { name: 'hotel', tool: 'travel__book', args: { what: 'hotel', near: { $result: 'flight' } }, ...back('travel__cancel', { booking: { $result: 'hotel' } }) },
  { name: 'pay', tool: 'bank__pay', ...back('bank__refund') },
];
const drive = (tools: ToolScript) => {
  const port = new ScriptedPort({}, tools);
  return { port, graph: new DrivenGraph(saga, port) };
};
const booked: ToolScript = (name, args) => (name === 'travel__book' ? `booking of ${String(args['what'])}` : 'fine');

describe('saga', () => {
  it('carries out all steps in order, with the results of earlier ones', async () => {
    const { port, graph } = drive(booked);
    const run = await graph.run({ steps: STEPS });
    expect(port.toolCalls.map(({ toolCallId, name, args }) => [toolCallId, name, args])).toEqual([
      ['step-0', 'travel__book', { what: 'flight' }],
      ['step-1', 'travel__look', {}],
      ['step-2', 'travel__book', { what: 'hotel', near: 'booking of flight' }],
      ['step-3', 'bank__pay', {}],
    ]);
    expect(run.values).toMatchObject({ outcome: 'completed', compensations: [], due: [] });
    expect(run.nodes).toEqual(['begin', 'step', 'step', 'step', 'step', 'conclude']);
    expect(lastText(run)).toBe('All 4 steps are done.');
  });

  it('takes the finished steps back in reverse order when one fails, and not the one that failed', async () => {
    const { port, graph } = drive((name, args) => (name === 'bank__pay' ? { error: 'Error: no money' } : booked(name, args)));
    const run = await graph.run({ steps: STEPS });
    expect(port.toolCalls.slice(4).map(({ name, args }) => [name, args])).toEqual([
      ['travel__cancel', { booking: 'booking of hotel' }],
      ['travel__cancel', { booking: 'booking of flight' }],
    ]);
    expect(run.nodes).toEqual(['begin', 'step', 'step', 'step', 'step', 'fail', 'compensate', 'compensate', 'conclude']);
    expect(run.values).toMatchObject({
      outcome: 'compensated',
      records: [{ status: 'done' }, { status: 'done' }, { status: 'done' }, { name: 'pay', status: 'failed', content: 'Error: no money' }],
      compensations: [{ name: 'hotel', status: 'done' }, { name: 'flight', status: 'done' }],
    });
    expect(lastText(run)).toBe('Step pay failed. Taken back: hotel, flight.');
    expect(run.custom.slice(-3)).toEqual([
      { phase: 'failed', step: 'pay', due: ['hotel', 'flight'] },
      { phase: 'compensated', name: 'hotel', status: 'done' },
      { phase: 'compensated', name: 'flight', status: 'done' },
    ]);
  });

  it('waits for a person when nobody knows whether a step took effect, and goes on as they say', async () => {
    const { port, graph } = drive((name, args) => (name === 'bank__pay' ? { error: 'The connection broke.', code: 'TOOL_OUTCOME_UNKNOWN' } : booked(name, args)));
    const waiting = await graph.run({ steps: STEPS });
    expect(waiting.questions).toMatchObject([{ kind: 'tool-outcome-unknown', tool: 'bank__pay', reason: 'The connection broke.' }]);
    expect(port.toolCalls).toHaveLength(4);
    const run = await graph.resume({ decision: 'failed', result: 'The bank has no payment.' });
    expect(run.values).toMatchObject({ outcome: 'compensated', records: [{}, {}, {}, { name: 'pay', status: 'failed', content: 'The bank has no payment.' }] });
    expect(port.toolCalls.slice(-2).map(({ name }) => name)).toEqual(['travel__cancel', 'travel__cancel']);
  });

  it.each([
    ['was given up without an answer', (): never => { throw new Error('the router is away'); }],
    ['may have happened', () => ({ error: 'Error (TOOL_OUTCOME_UNKNOWN): who knows' })],
  ])('takes back a step, too, that %s', async (_, pay) => {
    const { port, graph } = drive((name, args) => (name === 'bank__pay' ? pay() : booked(name, args)));
    const run = await graph.run({ steps: STEPS });
    expect(port.toolCalls.slice(4).map(({ name }) => name)).toEqual(['bank__refund', 'travel__cancel', 'travel__cancel']);
    expect(run.values).toMatchObject({ outcome: 'compensated', records: [{}, {}, {}, { status: 'unknown' }] });
  });

  it('goes on taking back when one cannot be taken back, and says what is left', async () => {
    const { graph } = drive((name, args) => {
      if (name === 'bank__pay') return { error: 'no' };
      return name === 'travel__cancel' && args['booking'] === 'booking of hotel' ? { error: 'too late' } : booked(name, args);
    });
    const run = await graph.run({ steps: STEPS });
    const compensations = [{ name: 'hotel', status: 'failed' }, { name: 'flight', status: 'done' }];
    expect(run.values).toMatchObject({ outcome: 'compensation-failed', compensations });
    expect(lastText(run)).toContain('needs a person: hotel.');
  });

  it('takes nothing back when the first step fails', async () => {
    const { port, graph } = drive(() => ({ error: 'no' }));
    expect((await graph.run({ steps: STEPS })).values).toMatchObject({ outcome: 'compensated', compensations: [] });
    expect(port.toolCalls).toHaveLength(1);
  });

  it('does not treat the end of the run as the failure of a step', async () => {
    const cancelled = Object.assign(new Error('cancelled'), { name: 'CancelledFailure' });
    const { port, graph } = drive((name, args) => { if (name === 'bank__pay') throw cancelled; return booked(name, args); });
    await expect(graph.run({ steps: STEPS })).rejects.toThrow('cancelled');
    expect(port.toolCalls).toHaveLength(4);
  });

  describe('when it is cancelled with compensation', () => {
    /** A run that is cut off in a step. */
    async function cutOffIn(tool: string, more: ToolScript = booked) {
      const cancelled = Object.assign(new Error('cancelled'), { name: 'CancelledFailure' });
      const driven = drive((name, args) => { if (name === tool) throw cancelled; return more(name, args); });
      await expect(driven.graph.run({ steps: STEPS })).rejects.toThrow('cancelled');
      return { ...driven, made: driven.port.toolCalls.length };
    }

    it('takes back the steps that are done, and the one that was cut off, of which nobody knows', async () => {
      const { port, graph, made } = await cutOffIn('bank__pay');
      const run = await graph.compensate();
      expect(port.toolCalls.slice(made).map(({ name, args }) => [name, args])).toEqual([
        ['bank__refund', {}],
        ['travel__cancel', { booking: 'booking of hotel' }],
        ['travel__cancel', { booking: 'booking of flight' }],
      ]);
      expect(run.values).toMatchObject({ outcome: 'compensated', records: [{}, {}, {}, { name: 'pay', status: 'unknown', content: 'The run was cancelled.' }] });
      expect(lastText(run)).toBe('The run was cancelled. Taken back: pay, hotel, flight.');
      expect(run.custom[0]).toEqual({ phase: 'cancelled', due: ['pay', 'hotel', 'flight'] });
    });

    it('says what is left as an error, and tries that again when it is asked again', async () => {
      let isLate = true;
      const { port, graph } = await cutOffIn('bank__pay', (name, args) => (name === 'travel__cancel' && isLate && args['booking'] === 'booking of hotel' ? { error: 'too late' } : booked(name, args)));
      await expect(graph.compensate()).rejects.toMatchObject({ code: 'COMPENSATION_FAILED', message: expect.stringContaining('needs a person: hotel.') });
      isLate = false;
      const before = port.toolCalls.length;
      const run = await graph.compensate();
      expect(port.toolCalls.slice(before).map(({ args }) => args)).toEqual([{ booking: 'booking of hotel' }]);
      expect(run.values).toMatchObject({ outcome: 'compensated' });
    });

    it('takes back nothing of an earlier run before its own steps were looked at, and begins afresh in the next one', async () => {
      const { port, graph } = drive(booked);
      await graph.run({ steps: STEPS });
      const before = port.toolCalls.length;
      expect((await graph.compensate()).values).toMatchObject({ outcome: 'compensated', compensations: [] });
      expect(port.toolCalls).toHaveLength(before);
      expect((await graph.run({ steps: STEPS })).values).toMatchObject({ outcome: 'completed', cancelled: false });
    });
  });

  it('calls nothing when the steps cannot be used, and starts anew in the next run', async () => {
    const { port, graph } = drive(booked);
    await expect(graph.run({ steps: [{ name: 'a' }] })).rejects.toThrow(/steps\.0: .*"tool"/);
    expect(port.toolCalls).toEqual([]);
    await graph.run({ steps: STEPS });
    const second = await graph.run({ steps: STEPS.slice(0, 1) });
    expect(second.values).toMatchObject({ outcome: 'completed', records: [{ name: 'flight' }] });
    expect(second.values['records']).toHaveLength(1);
  });
});
