import { HoldfastError, isErrorCode, isHoldfastError } from '@holdfast/contracts/errors';

/** gRPC status codes that we tell apart (grpc.io "Status codes"). */
const GrpcStatus = { cancelled: 1, deadlineExceeded: 4, aborted: 10 } as const;

/** True when a workflow with the id is open. */
export function isAlreadyStarted(error: unknown): boolean {
  return nameOf(error) === 'WorkflowExecutionAlreadyStartedError';
}

/** True when there is no open workflow to take an Update, or it completed before it took it. */
export function isGone(error: unknown): boolean {
  if (nameOf(error) === 'WorkflowNotFoundError') return true;
  // ABORTED: "update was aborted by closing workflow". The failure type: accepted, but the workflow completed before it answered.
  return chain(error).some(
    (e) => grpcCode(e) === GrpcStatus.aborted || (e as { type?: unknown }).type === 'AcceptedUpdateCompletedWorkflow',
  );
}

/** Every error of a call to Temporal as a typed one; a code that the workflow gave is kept. */
export function toClientError(error: unknown): HoldfastError {
  if (isHoldfastError(error)) return error;
  for (const e of chain(error)) {
    const type = (e as { type?: unknown }).type;
    if (isErrorCode(type)) return new HoldfastError(type, messageOf(e), { cause: error });
    const code = grpcCode(e);
    if (code === GrpcStatus.deadlineExceeded || code === GrpcStatus.cancelled || nameOf(e) === 'WorkflowUpdateRPCTimeoutOrCancelledError') {
      return new HoldfastError('DEADLINE_EXCEEDED', 'Temporal did not answer in time', { cause: error });
    }
  }
  return new HoldfastError('DEPENDENCY_UNAVAILABLE', `Temporal: ${messageOf(error)}`, { cause: error });
}

function* causes(error: unknown): Generator<object> {
  for (let e = error, depth = 0; typeof e === 'object' && e !== null && depth < 10; e = (e as { cause?: unknown }).cause, depth++) yield e;
}

function chain(error: unknown): object[] {
  return [...causes(error)];
}

function grpcCode(error: unknown): number | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'number' ? code : undefined;
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
