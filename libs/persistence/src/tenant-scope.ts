/** What the database needs of a caller's context; `TenantContext` of @holdfast/tenant-context is one. */
export interface TenantScope {
  readonly tenantId: string;
  /** W3C traceparent; stored with the journal rows that the call writes. */
  readonly traceparent?: string | undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The tenant id, checked, because the door writes it into SQL text.
 * @throws TypeError when it is not a UUID: a defect of the caller, never bad input of a client.
 */
export function tenantIdOf(scope: TenantScope): string {
  if (!UUID.test(scope.tenantId)) throw new TypeError('tenant context without a tenant id');
  return scope.tenantId;
}
