import type { Metadata } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { runWithLogContext } from '@holdfast/nest-kit';
import { runWithTraceparent, withSpan } from '@holdfast/nest-kit/tracing';
import {
  RpcErrorFilter,
  ToolRouterControllerMethods,
  WIRE_OF_EFFECT,
  WIRE_OF_STATUS,
  type CallToolRequest,
  type CallToolResponse,
  type ContextCodec,
  type ListToolsRequest,
  type ListToolsResponse,
  type SettleCallRequest,
  type SettleCallResponse,
  type ToolRouterController as ToolRouterRpc,
  verifiedContext,
} from '@holdfast/rpc';
import { ToolCallPipeline } from '../pipeline/tool-call.pipeline';
import { ToolLister } from '../pipeline/tool-lister';
import type { ToolAnswer } from '../pipeline/tool-answer';
import { lifetimeOf, type ServerCall } from './call-lifetime';
import { parseCallRequest, parseListRequest } from './call-request';

/** Injection token of the codec that verifies callers. */
export const CONTEXT_CODEC = Symbol('holdfast.tool-router.context-codec');

/** The router's gRPC face. Both methods begin with the caller's signed context: without it nothing is answered. */
@Controller()
@UseFilters(RpcErrorFilter)
@ToolRouterControllerMethods()
export class ToolRouterController implements ToolRouterRpc {
  constructor(
    @Inject(CONTEXT_CODEC) private readonly codec: ContextCodec,
    private readonly pipeline: ToolCallPipeline,
    private readonly lister: ToolLister,
  ) {}

  /** See tools.proto. */
  async listTools(request: ListToolsRequest, metadata: Metadata): Promise<ListToolsResponse> {
    const ctx = verifiedContext(this.codec, metadata);
    const { tools, catalogueVersion, unavailableServers } = this.lister.list(ctx, parseListRequest(request));
    return {
      // The wire enums are their names; ts-proto's enum type has the same texts.
      tools: tools.map((tool) => ({ ...tool, effect: WIRE_OF_EFFECT[tool.effect] as ListToolsResponse['tools'][number]['effect'] })),
      catalogueVersion,
      unavailableServers: [...unavailableServers],
    };
  }

  /** See tools.proto. */
  async callTool(request: CallToolRequest, metadata: Metadata, call: ServerCall): Promise<CallToolResponse> {
    const ctx = verifiedContext(this.codec, metadata);
    const input = parseCallRequest(request);
    const scope = lifetimeOf(call);
    const ids = { tenant_id: ctx.tenantId, request_id: ctx.requestId, run_id: input.runId, thread_id: input.threadId };
    const attributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': input.name,
      'holdfast.call_id': input.callId,
      'holdfast.run_id': input.runId,
      'holdfast.origin_run_id': input.originRunId,
    };
    const work = runWithTraceparent(ctx.traceparent, () =>
      runWithLogContext(ids, () =>
        withSpan(
          `tool ${input.name}`,
          attributes,
          async (span) => {
            const answer = await this.pipeline.call(ctx, input, scope);
            const { status, code } = answer.outcome;
            span.setAttributes({
              'holdfast.tool.status': status,
              'holdfast.tool.cached': answer.cached,
              'holdfast.tool.replayed': answer.replayed,
              'holdfast.tool.repeated': answer.outcome.repeated ?? false,
              ...(code === undefined ? {} : { 'holdfast.tool.code': code }),
            });
            return toResponse(answer, request.withContent);
          },
          { kind: 'server' },
        ),
      ),
    );
    return work.finally(scope.release);
  }

  /** See tools.proto. */
  async settleCall(request: SettleCallRequest, metadata: Metadata, call: ServerCall): Promise<SettleCallResponse> {
    // Absent, it is refused like one with wrong fields.
    const asked = { ...request.call, settleOnly: true } as CallToolRequest;
    return { answer: await this.callTool(asked, metadata, call) };
  }
}

function toResponse({ outcome, content, structured, text, cached, replayed }: ToolAnswer, withContent: boolean): CallToolResponse {
  return {
    status: WIRE_OF_STATUS[outcome.status] as CallToolResponse['status'],
    code: outcome.code ?? '',
    contentJson: withContent ? JSON.stringify(content) : '',
    structuredJson: withContent && structured !== undefined ? JSON.stringify(structured) : '',
    text,
    truncated: outcome.truncated,
    durationMs: outcome.duration_ms,
    bytes: outcome.bytes,
    server: outcome.server,
    tool: outcome.tool,
    effect: WIRE_OF_EFFECT[outcome.effect] as CallToolResponse['effect'],
    argumentsSha256: outcome.arguments_sha256,
    cached,
    replayed,
    repeated: outcome.repeated ?? false,
  };
}
