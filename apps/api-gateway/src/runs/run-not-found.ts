import { HoldfastError } from '@holdfast/contracts/errors';

/** The one answer for runs that are missing or another tenant's. */
export function runNotFound(runId: string): HoldfastError {
  return new HoldfastError('NOT_FOUND', `Run with ID ${runId} not found.`);
}
