import { ServiceError, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { isAlreadyStarted, isGone, toClientError } from './client.errors';

const grpc = (code: number) => new ServiceError('failed', { cause: Object.assign(new Error(`code ${code}`), { code }) });
const failedUpdate = (type: string) => new WorkflowUpdateFailedError('failed', ApplicationFailure.create({ type, message: 'said so' }));

describe('errors of Temporal’s client', () => {
  it('tell an open workflow from one that is gone', () => {
    expect(isAlreadyStarted(new WorkflowExecutionAlreadyStartedError('x', 'w', 't'))).toBe(true);
    expect(isAlreadyStarted(grpc(14))).toBe(false);
    expect(isGone(new WorkflowNotFoundError('x', 'w', undefined))).toBe(true);
    expect(isGone(failedUpdate('AcceptedUpdateCompletedWorkflow'))).toBe(true);
    expect(isGone(grpc(10))).toBe(true);
    expect(isGone(grpc(14))).toBe(false);
  });

  it.each([
    ['a deadline', grpc(4), 'DEADLINE_EXCEEDED'],
    ['an Update that timed out', new WorkflowUpdateRPCTimeoutOrCancelledError('late'), 'DEADLINE_EXCEEDED'],
    ['a server that is away', grpc(14), 'DEPENDENCY_UNAVAILABLE'],
    ['a code that the workflow gave', failedUpdate('THREAD_BUSY'), 'THREAD_BUSY'],
    ['an error of ours', new HoldfastError('NOT_FOUND', 'x'), 'NOT_FOUND'],
    ['anything else', 'text', 'DEPENDENCY_UNAVAILABLE'],
  ])('%s becomes a typed error', (_, error, code) => {
    expect(toClientError(error)).toMatchObject({ name: 'HoldfastError', code });
  });
});
