import { HoldfastError } from '@holdfast/contracts/errors';
import type { TenantContext } from '@holdfast/tenant-context';

const OPERATORS = ['operator', 'admin'];

/** @throws HoldfastError PERMISSION_DENIED for a caller who may only use runs, not operate them */
export function requireOperator({ roles }: TenantContext): void {
  if (roles.some((role) => OPERATORS.includes(role))) return;
  throw new HoldfastError('PERMISSION_DENIED', `This needs one of the roles ${OPERATORS.join(', ')}.`);
}
