import { MAX_BODY_BYTES } from '@holdfast/contracts';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Headers that browsers may show to clients of other origins. */
const EXPOSED_HEADERS = ['Content-Location', 'Location', 'X-Pagination-Total', 'X-Pagination-Next', 'X-Request-Id', 'X-Holdfast-Workflow-Id', 'Retry-After'];

/**
 * What fastify does before Nest: JSON only, kept as bytes until the caller is known; every origin may call, because keys travel in
 * headers and there are no cookies to abuse.
 */
export function configureHttpBorder(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeContentTypeParser('text/plain');
  app.useBodyParser('application/json', { bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => done(null, body));
  // Registered only so that Nest does not add a parser of its own for it.
  app.useBodyParser('application/x-www-form-urlencoded', { bodyLimit: MAX_BODY_BYTES }, (_request, _body, done) =>
    done(Object.assign(new Error('Only application/json is accepted.'), { statusCode: 415 }), undefined),
  );
  app.enableCors({ origin: '*', methods: ['GET', 'POST', 'PATCH', 'DELETE'], exposedHeaders: EXPOSED_HEADERS, maxAge: 600 });
}
