import type { CallRef, ModelReply, ModelRequest } from '@holdfast/agent-runtime/api';
import type { AiMessageDto } from '@holdfast/contracts/messages';
import { countTokens } from '../activities/activity-metrics';
import { type CallScope, timeOfOtherSide } from '../activities/call-scope';
import { type BlobStore, withReferences } from '../blobs/blob-texts';
import type { ListedMessages } from './listed-messages';
import type { ToolCatalogue } from '../tools/tool-catalogue';
import { type ModelGateway, type ModelTool, speak } from './chat-model';
import { type Turn, throughCandidates } from './model-candidates';
import type { ModelCircuits } from './model-circuits';
import { classifyModelFailure } from './model-failure';
import type { LedgerParts } from './model-ledger';
import { fromLangChain, type SpokenMessage, toLangChain } from './model-messages';
import { type ModelTimeLimits, startCallTimer } from './time-limits';
import { type TokenSink, TokenWriter } from './token-writer';

/** What {@link callModel} is made of. */
export interface ModelParts {
  readonly gateway: ModelGateway;
  readonly limits: ModelTimeLimits;
  readonly blobs: BlobStore;
  /** Messages of calls by reference. */
  readonly lists: ListedMessages;
  readonly catalogue: ToolCatalogue;
  readonly tokens: TokenSink;
  readonly ledger: Omit<LedgerParts, 'blobs'>;
  readonly circuits: ModelCircuits;
}

/** Id of a model's message; later attempts have their own, so that readers never mix the texts of two attempts. */
export function modelMessageId({ runId, callId }: CallRef, attempt: number): string {
  return `run-${runId}-${callId}${attempt <= 1 ? '' : `-a${attempt}`}`;
}

/**
 * Calls a model for a node, or one of its fallbacks, unless the reply is in the ledger: full texts in, tokens published while it speaks,
 * references out.
 * @throws HoldfastError with a MODEL_… code, CALL_FENCED; the signal's reason when cancelled; what ledger, blob store and router throw
 */
export function callModel(parts: ModelParts, request: ModelRequest, scope: CallScope): Promise<ModelReply> {
  const { blobs, circuits, gateway } = parts;
  return throughCandidates({ ledger: { ...parts.ledger, blobs }, circuits, defaultModel: gateway.model }, request, scope, (turn) =>
    ask(parts, { ...request, params: { ...request.params, model: turn.model } }, turn),
  );
}

async function ask(parts: ModelParts, request: ModelRequest, { attempt, model, scope, passedOver }: Turn): Promise<ModelReply> {
  const { ref } = request;
  const { ctx, signal } = scope;
  const [messages, tools] = await Promise.all([
    parts.lists.whole(ctx, request),
    request.tools === undefined ? [] : parts.catalogue.toolsFor(ctx, request.tools.include, signal),
  ]);
  const messageId = modelMessageId(ref, attempt.number);
  const source = { tenantId: ref.tenantId, runId: ref.runId, call: ref.callId, attempt: attempt.number, messageId, node: ref.node, ns: ref.ns };
  const writer = request.stream ? new TokenWriter(parts.tokens, source) : undefined;
  try {
    const spoken = await speakWithin(parts, request, tools, messages, scope, messageId, writer);
    if (spoken.usage !== undefined) countTokens(spoken.usage);
    // Stored before viewers are told that it is whole: what cannot be stored is spoken again by the next attempt under another id,
    // and must not stand beside it as a second finished message.
    const message: AiMessageDto = await withReferences(parts.blobs, ctx, ref, spoken.message);
    const reply: ModelReply = {
      message,
      model: spoken.model ?? model,
      ...(spoken.usage === undefined ? {} : { usage: spoken.usage }),
      ...(passedOver.length === 0 ? {} : { passedOver }),
      ...(writer?.firstTokenAt === undefined ? {} : { firstTokenAt: writer.firstTokenAt }),
      ...(attempt.repeated ? { repeated: true } : {}),
    };
    if (await attempt.finish(reply)) writer?.finish(spoken.message.tool_calls ?? [], spoken.usage);
    else writer?.abandon();
    return reply;
  } catch (error) {
    writer?.abandon();
    throw error;
  }
}

async function speakWithin(
  parts: ModelParts,
  request: ModelRequest,
  tools: readonly ModelTool[],
  messages: ModelRequest['messages'],
  scope: CallScope,
  messageId: string,
  writer: TokenWriter | undefined,
): Promise<SpokenMessage> {
  const deadlineMs = Math.min(parts.limits.deadlineMs, timeOfOtherSide(scope.timeoutMs));
  // Without a stream nothing arrives before the whole answer does, so only the deadline counts.
  const timer = startCallTimer({ deadlineMs, idleMs: request.stream ? parts.limits.idleMs : deadlineMs }, scope.signal);
  try {
    const call = {
      messages: messages.map(toLangChain),
      tools,
      toolChoice: request.tools?.choice,
      params: request.params ?? {},
      headers: gatewayHeaders(request, scope, messageId),
      onText: writer === undefined ? undefined : (text: string) => writer.write(text),
    };
    return fromLangChain(await speak(parts.gateway, call, timer), messageId);
  } catch (error) {
    scope.signal.throwIfAborted();
    throw classifyModelFailure(error, timer.expired());
  } finally {
    timer.stop();
  }
}

/** Who calls, for the gateway's logs, limits and bills. `kong-request-id` is what Kong's correlation-id plugin passes through. */
function gatewayHeaders({ ref }: ModelRequest, { ctx }: CallScope, messageId: string): Record<string, string> {
  return {
    'x-holdfast-tenant-id': ref.tenantId,
    'x-holdfast-run-id': ref.runId,
    'x-holdfast-thread-id': ref.threadId,
    'kong-request-id': messageId,
    ...(ctx.traceparent === undefined ? {} : { traceparent: ctx.traceparent }),
  };
}
