import { ToolMessage } from '@langchain/core/messages';
import { checkSteps, isCancellation, statusOf, withResults } from './steps';
import type { SagaStep } from './state';

const problem = (steps: unknown): string => {
  try {
    checkSteps(steps as SagaStep[]);
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    return (error as Error).message;
  }
  return '';
};
const step = (name: string, more: object = {}) => ({ name, tool: 's__t', ...more });

describe('steps of a saga', () => {
  it('are taken when each can be carried out and taken back', () => {
    const uses = (name: string) => ({ args: { id: { $result: name } } });
    const undo = (name: string) => ({ compensate: { tool: 's__u', ...uses(name) } });
    expect(problem([step('a', undo('a')), step('b', { ...uses('a'), ...undo('b') })])).toBe('');
  });

  it.each([
    [null, /steps: .*"null".*"array"/],
    [[], /steps: .*too few/],
    [Array.from({ length: 46 }, (_, i) => step(`s${i}`)), /too many/],
    [[{ name: 'a' }], /steps\.0: .*"tool"/],
    [[step('a', { compensate: {} })], /steps\.0\.compensate: .*"tool"/],
    [[step('a'), step('a')], /steps\.1\.name: a is there twice/],
    [[step('a', { args: { x: [{ $result: 'a' }] } })], /steps\.0\.args: there is no step a before it/],
    [[step('a', { compensate: { tool: 's__u', args: { x: { $result: 'b' } } } }), step('b')], /steps\.0\.compensate\.args: there is no step b up to it/],
  ])('are refused before the first is carried out: %#', (steps, message) => {
    expect(problem(steps)).toMatch(message);
  });

  it('get results of earlier ones wherever arguments name them', () => {
    const long = [{ type: 'text', text: 'x', $blob: 'sha256:0' }];
    const records = [
      { name: 'a', status: 'done' as const, content: '17' },
      { name: 'b', status: 'done' as const, content: long },
    ];
    expect(withResults({ id: { $result: 'a' }, deep: [{ all: { $result: 'b' } }], same: { $result: 'a', not: 'alone' }, n: 1 }, records)).toEqual({
      id: '17', deep: [{ all: long }], same: { $result: 'a', not: 'alone' }, n: 1,
    });
    expect(withResults(undefined, records)).toEqual({});
  });

  it('end by what the tool said', () => {
    const said = (content: string, status?: 'error') => statusOf(new ToolMessage({ tool_call_id: 'c', content, ...(status === undefined ? {} : { status }) }));
    expect(said('TOOL_TIMEOUT is a code')).toBe('done');
    expect(said('Error: no such file', 'error')).toBe('failed');
    expect(said('Error (TOOL_TIMEOUT): 30 s', 'error')).toBe('unknown');
    expect(said('Error (TOOL_OUTCOME_UNKNOWN): ?', 'error')).toBe('unknown');
  });

  it('let a cancellation through, whatever it is wrapped in', () => {
    const cancelled = Object.assign(new Error('c'), { name: 'CancelledFailure' });
    expect(isCancellation(new Error('activity', { cause: cancelled }))).toBe(true);
    expect(isCancellation(new Error('other'))).toBe(false);
    expect(isCancellation('text')).toBe(false);
  });
});
