import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { PublicEndpoint } from '../auth/public-endpoint.decorator';
import type { OpenApiDocument } from './document';
import { endpoint } from './endpoint';
import { OpenApiService } from './openapi.service';
import { Route } from './route.decorator';

const openApiEndpoint = endpoint({
  method: 'GET',
  path: '/openapi.json',
  operationId: 'getOpenApi',
  summary: 'This document',
  tag: 'System',
  responses: { 200: { description: 'OpenAPI 3.1', schema: z.record(z.string(), z.unknown()) } },
});

/** /openapi.json */
@Controller()
export class OpenApiController {
  constructor(@Inject(OpenApiService) private readonly openApi: OpenApiService) {}

  @PublicEndpoint()
  @Route(openApiEndpoint)
  document(): OpenApiDocument {
    return this.openApi.document();
  }
}
