import { HoldfastError } from '@holdfast/contracts/errors';

/** The one answer for threads that are missing or another tenant's. */
export function threadNotFound(threadId: string): HoldfastError {
  return new HoldfastError('NOT_FOUND', `Thread with ID ${threadId} not found.`);
}
