import { SetMetadata } from '@nestjs/common';

/** Metadata key of {@link PublicEndpoint}. */
export const PUBLIC_METADATA = 'holdfast:public';

/** Marks a handler or controller that answers without an API key. Everything else needs one. */
export const PublicEndpoint = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC_METADATA, true);

/**
 * Public routes that are not ours to mark: probes and metrics of nest-kit. They tell names of dependencies and figures of the
 * process, nothing of a tenant. (The pages under /docs are static files outside of Nest's routes.)
 */
export const PUBLIC_KIT_ROUTES: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);
