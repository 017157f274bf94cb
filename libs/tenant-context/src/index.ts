export { type TenantContext, parseTenantContext, systemContext, tenantContextSchema } from './tenant-context';
