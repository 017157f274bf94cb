import { Controller, Inject, Res } from '@nestjs/common';
import type { TenantContext } from '@holdfast/tenant-context';
import type { FastifyReply } from 'fastify';
import { Ctx } from '../auth/ctx.decorator';
import { pick, sendPage } from '../http/pagination';
import type { InputOf } from '../openapi/endpoint';
import { Input, Route } from '../openapi/route.decorator';
import { assistantEndpoints as endpoints } from './assistants.endpoints';
import type { Assistant, AssistantVersion, GraphSchemas, GraphStructure } from './assistants.schema';
import { AssistantsService } from './assistants.service';

type In<K extends keyof typeof endpoints> = InputOf<(typeof endpoints)[K]>;

/** /assistants */
@Controller()
export class AssistantsController {
  constructor(@Inject(AssistantsService) private readonly assistants: AssistantsService) {}

  @Route(endpoints.create)
  create(@Ctx() ctx: TenantContext, @Input() { body }: In<'create'>): Promise<Assistant> {
    return this.assistants.create(ctx, body);
  }

  @Route(endpoints.search)
  async search(@Ctx() ctx: TenantContext, @Input() { body }: In<'search'>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Partial<Assistant>[]> {
    return sendPage(reply, await this.assistants.search(ctx, body)).map((item) => pick(item, body.select));
  }

  @Route(endpoints.count)
  count(@Ctx() ctx: TenantContext, @Input() { body }: In<'count'>): Promise<number> {
    return this.assistants.count(ctx, body);
  }

  @Route(endpoints.get)
  get(@Ctx() ctx: TenantContext, @Input() { params }: In<'get'>): Promise<Assistant> {
    return this.assistants.get(ctx, params.assistant_id);
  }

  @Route(endpoints.update)
  update(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'update'>): Promise<Assistant> {
    return this.assistants.update(ctx, params.assistant_id, body);
  }

  @Route(endpoints.delete)
  delete(@Ctx() ctx: TenantContext, @Input() { params, query }: In<'delete'>): Promise<void> {
    return this.assistants.delete(ctx, params.assistant_id, query.delete_threads);
  }

  @Route(endpoints.graph)
  graph(@Ctx() ctx: TenantContext, @Input() { params }: In<'graph'>): Promise<GraphStructure> {
    return this.assistants.structure(ctx, params.assistant_id);
  }

  @Route(endpoints.schemas)
  schemas(@Ctx() ctx: TenantContext, @Input() { params }: In<'schemas'>): Promise<GraphSchemas> {
    return this.assistants.schemas(ctx, params.assistant_id);
  }

  @Route(endpoints.subgraphs)
  subgraphs(@Ctx() ctx: TenantContext, @Input() { params }: In<'subgraphs'>): Promise<Record<string, GraphSchemas>> {
    return this.assistants.subgraphs(ctx, params.assistant_id);
  }

  @Route(endpoints.subgraph)
  subgraph(@Ctx() ctx: TenantContext, @Input() { params }: In<'subgraph'>): Promise<Record<string, GraphSchemas>> {
    return this.assistants.subgraphs(ctx, params.assistant_id, params.namespace);
  }

  @Route(endpoints.versions)
  versions(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'versions'>): Promise<AssistantVersion[]> {
    return this.assistants.versions(ctx, params.assistant_id, body);
  }

  @Route(endpoints.setLatest)
  setLatest(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'setLatest'>): Promise<Assistant> {
    return this.assistants.setLatest(ctx, params.assistant_id, body.version);
  }
}
