import { HoldfastError } from '@holdfast/contracts/errors';
import type { FastifyRequest } from 'fastify';

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The `Idempotency-Key` of a request for an operation, or undefined.
 * @throws HoldfastError INVALID_ARGUMENT when it is empty, too long or not printable ASCII
 */
export function idempotencyOf(request: FastifyRequest, route: string): { route: string; key: string } | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  if (typeof header === 'string' && KEY.test(header)) return { route, key: header };
  const message = 'must be 1 to 255 printable ASCII characters';
  throw new HoldfastError('INVALID_ARGUMENT', `Idempotency-Key: ${message}`, { fields: [{ path: 'Idempotency-Key', message }] });
}
