import { Controller, Inject } from '@nestjs/common';
import { Database } from '@holdfast/persistence';
import { z } from 'zod';
import { PublicEndpoint } from '../auth/public-endpoint.decorator';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { queryFlag } from '../http/wire.schema';
import { endpoint, type InputOf } from '../openapi/endpoint';
import { Input, Route } from '../openapi/route.decorator';
import { VERSION } from './version';

const okSchema = z.object({ ok: z.literal(true) }).meta({ id: 'Ok' });
const infoSchema = z
  .object({
    version: z.string(),
    context: z.string(),
    flags: z.record(z.string(), z.boolean()),
    metadata: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Info' });

const tag = 'System';
const endpoints = {
  ok: endpoint({ method: 'GET', path: '/ok', operationId: 'ok', summary: 'Is the server there', tag, query: z.object({ check_db: queryFlag }), responses: { 200: { description: 'It is', schema: okSchema } } }),
  info: endpoint({ method: 'GET', path: '/info', operationId: 'info', summary: 'What the server is and can', tag, responses: { 200: { description: 'Version and features', schema: infoSchema } } }),
};

/** /ok and /info: what clients ask before they have a key. */
@PublicEndpoint()
@Controller()
export class SystemController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** With `check_db` a 503 problem tells that PostgreSQL is away. */
  @Route(endpoints.ok)
  async ok(@Input() { query }: InputOf<typeof endpoints.ok>): Promise<z.infer<typeof okSchema>> {
    if (query.check_db) await this.database.ping();
    return { ok: true };
  }

  @Route(endpoints.info)
  info(): z.infer<typeof infoSchema> {
    const { TEMPORAL_UI_URL: ui } = this.config;
    return {
      version: VERSION,
      context: 'js',
      flags: { assistants: true, crons: true, langsmith: false, store: false, protocol_v2: false, stream_namespaces: true },
      metadata: { server: 'holdfast', ...(ui === undefined ? {} : { temporal_ui_url: ui }) },
    };
  }
}
