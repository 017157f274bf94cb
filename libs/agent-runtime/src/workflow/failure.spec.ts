import { GraphRecursionError, EmptyInputError } from '@langchain/langgraph';
import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/workflow';
import { RetryState, TimeoutType } from '@temporalio/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { codeOf, isCancelled, toRunError, toUpdateFailure } from './failure';

const activity = (type: string, cause: Error) => new ActivityFailure('Activity task failed', type, 'a', RetryState.MAXIMUM_ATTEMPTS_REACHED, 'w', cause);
const application = (type: string, message: string) => ApplicationFailure.create({ type, message });

describe('toRunError', () => {
  it.each([
    ['an activity’s code', activity('g.n.tool', application('TOOL_UNAVAILABLE', 'router says no')), 'TOOL_UNAVAILABLE', 'tool', 'router says no'],
    ['an activity’s unexpected error', activity('g.n.tool', application('TypeError', 'x is undefined')), 'INTERNAL', 'defect', 'TypeError: x is undefined'],
    ['a model that never answered', activity('g.n.model', new TimeoutFailure('heartbeat', undefined, TimeoutType.HEARTBEAT)), 'MODEL_TIMEOUT', 'model', 'g.n.model: heartbeat'],
    ['a tool that never answered', activity('g.n.tool', new TimeoutFailure('late', undefined, TimeoutType.START_TO_CLOSE)), 'TOOL_TIMEOUT', 'tool', 'g.n.tool: late'],
    ['the recursion limit', new GraphRecursionError('Recursion limit of 5 reached', { lc_error_code: 'GRAPH_RECURSION_LIMIT' }), 'GRAPH_RECURSION_LIMIT', 'user', 'Recursion limit of 5 reached'],
    ['an empty input', new EmptyInputError('Received no input'), 'INVALID_ARGUMENT', 'user', 'Received no input'],
    ['graph code', new TypeError('nope'), 'GRAPH_FAILED', 'user', 'TypeError: nope'],
    ['a thrown value', 'text', 'GRAPH_FAILED', 'user', 'Error: text'],
    ['an error of ours', new HoldfastError('GRAPH_UNKNOWN', 'no graph'), 'GRAPH_UNKNOWN', 'user', 'no graph'],
    ['a failure that graph code throws', application('RATE_LIMITED', 'slow'), 'RATE_LIMITED', 'budget', 'slow'],
  ])('%s', (_, error, code, kind, message) => {
    expect(toRunError(error)).toEqual({ code, kind, message });
  });

  it('prefers a call’s failure among several errors of a step', () => {
    const error = new AggregateError([new Error('plain'), activity('g.n.tool', application('TOOL_FAILED', 'boom'))], 'several');
    expect(toRunError(error)).toMatchObject({ code: 'TOOL_FAILED' });
  });
});

describe('cancellation', () => {
  it('is seen alone, in a call, and among other errors', () => {
    expect(isCancelled(new CancelledFailure('c'))).toBe(true);
    expect(isCancelled(activity('g.n.tool', new CancelledFailure('c')))).toBe(true);
    expect(isCancelled(new AggregateError([new Error('x'), new CancelledFailure('c')], 'several'))).toBe(true);
    expect(isCancelled(new Error('x'))).toBe(false);
  });
});

describe('codes on the way', () => {
  it('are found in a chain of causes and given to Updates', () => {
    expect(codeOf(activity('commitProgress', application('RUN_FENCED', 'gone')))).toBe('RUN_FENCED');
    expect(codeOf(new Error('x'))).toBeUndefined();
    expect(toUpdateFailure(new HoldfastError('THREAD_BUSY', 'busy'))).toMatchObject({ type: 'THREAD_BUSY', message: 'busy', nonRetryable: true });
  });
});
