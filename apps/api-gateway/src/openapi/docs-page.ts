import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { OpenApiService } from './openapi.service';

/** Serves Swagger UI under /docs: our document, assets from the package on disk, nothing from elsewhere. */
export function addDocsPage(app: NestFastifyApplication): void {
  const factory = (): OpenAPIObject => app.get(OpenApiService).document() as unknown as OpenAPIObject;
  SwaggerModule.setup('docs', app, factory, { raw: false, customSiteTitle: 'Holdfast API', swaggerOptions: { persistAuthorization: false } });
}
