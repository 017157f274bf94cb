import { HoldfastError } from '@holdfast/contracts/errors';
import type { z } from 'zod';

/** What a caller sent, read by the server's schema. @throws HoldfastError INVALID_ARGUMENT naming the fields */
export function parseRequest<S extends z.ZodType>(schema: S, request: unknown): z.output<S> {
  const parsed = schema.safeParse(request);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new HoldfastError('INVALID_ARGUMENT', fields.map(({ path, message }) => `${path}: ${message}`).join('; '), { fields });
}
