import { z } from 'zod';

/**
 * On whose behalf something happens. A value, passed as the first argument; never kept in a module or in ambient storage below
 * the HTTP edge.
 */
export const tenantContextSchema = z.object({
  tenantId: z.guid(),
  /** Who acts: an API key's principal, or `system:<reason>`. */
  principalId: z.string().min(1).max(200),
  roles: z.array(z.string().max(64)).max(32),
  /** Joins the log lines of one request. */
  requestId: z.string().min(1).max(200),
  /** W3C Trace Context `traceparent` of the caller. */
  traceparent: z.string().max(100).optional(),
});
/** See {@link tenantContextSchema}. */
export type TenantContext = z.infer<typeof tenantContextSchema>;

/**
 * Parses a context that came over a border.
 * @throws ZodError when it is not one.
 */
export function parseTenantContext(value: unknown): TenantContext {
  return tenantContextSchema.parse(value);
}

/** The context of work that no request asked for (sweeps, activities of a run). The reason shows in logs and audit. */
export function systemContext(tenantId: string, reason: string, requestId: string, traceparent?: string): TenantContext {
  return { tenantId, principalId: `system:${reason}`, roles: [], requestId, ...(traceparent === undefined ? {} : { traceparent }) };
}
