import { createHash } from 'node:crypto';
import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { isMcpCallError, normaliseResult, type McpServerPool } from '@holdfast/mcp-adapters';
import type { LogSink } from '@holdfast/nest-kit';
import { currentTraceparent } from '@holdfast/nest-kit/tracing';
import type { TenantContext } from '@holdfast/tenant-context';
import canonicalize from 'canonicalize';
import { cacheKey, type ResultCache } from '../cache/result-cache';
import type { CataloguedTool, ToolContract, ToolRegistry } from '../catalogue/tool-registry';
import type { CallRecorder } from '../ledger/call-recorder';
import type { ToolMetrics } from '../metrics/tool-metrics';
import { decide, type CompiledGrant } from '../permission/decide';
import type { UpstreamGuard } from '../upstream/upstream-guard';
import { answerFailure, mayBeRepeated } from './call-failure';
import { circuitOpen, deniedArgument, invalidArguments, notPermitted, unknownTool, type Refusal } from './refusals';
import { answer, textAnswer, type CallScope, type Subject, type ToolAnswer, type ToolCallInput } from './tool-answer';

/** What {@link ToolCallPipeline} is made of. */
export interface PipelineParts {
  readonly registry: ToolRegistry;
  readonly pool: Pick<McpServerPool, 'get'>;
  readonly grants: readonly CompiledGrant[];
  readonly guard: UpstreamGuard;
  readonly recorder: CallRecorder;
  readonly cache: ResultCache | undefined;
  readonly metrics: ToolMetrics;
  readonly log: LogSink;
}

/** Time kept back so that the answer reaches the caller before its deadline, milliseconds. */
const ANSWER_RESERVE_MS = 50;
const CONNECT_WAIT_MS = 3_000;

/**
 * The way of one call: resolve → permit → check arguments → cache → bulkhead and breaker → call → bound → record. What the model
 * should read is an answer, what the caller should repeat or report is thrown. Arguments and result are parsed once each.
 */
export class ToolCallPipeline {
  constructor(private readonly parts: PipelineParts) {}

  /**
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE (PostgreSQL away; nothing was called, or a call that may be repeated was not recorded),
   * TOOL_UNAVAILABLE, TOOL_BUSY, DEADLINE_EXCEEDED, RUN_CANCELLED
   */
  async call(ctx: TenantContext, input: ToolCallInput, scope: CallScope): Promise<ToolAnswer> {
    const startedAt = performance.now();
    const { registry, recorder, metrics } = this.parts;
    try {
      const tool = registry.resolve(input.name);
      await recorder.assertRecordable(tool === undefined || mayBeRepeated(tool.settings.effect));
      const result = await this.#answer(ctx, tool, input, scope, startedAt);
      await this.#record(ctx, input, result, scope);
      metrics.answered(result.outcome);
      return result;
    } catch (error) {
      metrics.failed(isHoldfastError(error) ? error.code : 'INTERNAL');
      throw error;
    }
  }

  async #answer(ctx: TenantContext, tool: CataloguedTool | undefined, input: ToolCallInput, scope: CallScope, startedAt: number): Promise<ToolAnswer> {
    const argumentsSha256 = hashOf(input.args);
    if (tool === undefined) {
      const nobody = { server: 'none', tool: input.name, settings: { effect: 'read' as const } };
      return refuse({ tool: nobody, argumentsSha256, startedAt }, unknownTool(input.name));
    }
    const subject: Subject = { tool, argumentsSha256, startedAt };
    if (!decide(ctx, tool, this.parts.grants).allowed) return refuse(subject, notPermitted(tool.name));
    const contract = this.parts.registry.contract(tool) ?? (await this.#awaitContract(ctx, tool, scope));
    if (contract === undefined) return refuse(subject, unknownTool(tool.name));
    if ('code' in contract) return refuse(subject, contract);
    const { args, problem } = input;
    if (problem !== undefined || !isObject(args)) return refuse(subject, invalidArguments(tool.name, [problem ?? 'the arguments: must be object']));
    const problems = contract.checkArguments(args);
    if (problems !== undefined) return refuse(subject, invalidArguments(tool.name, problems));
    const denied = deniedArgument(args, tool.serverSettings.denyArguments);
    if (denied !== undefined) return refuse(subject, denied);
    return this.#cachedOr(ctx, subject, tool, contract, () => this.#callServer(ctx, subject, tool, contract, args, scope));
  }

  async #cachedOr(ctx: TenantContext, subject: Subject, tool: CataloguedTool, contract: ToolContract, call: () => Promise<ToolAnswer>): Promise<ToolAnswer> {
    const { cache, metrics } = this.parts;
    const ttlSeconds = tool.settings.cache?.ttlSeconds;
    if (cache === undefined || ttlSeconds === undefined) return call();
    const key = cacheKey({ tenantId: ctx.tenantId, definitionHash: contract.definition.definitionHash, argumentsSha256: subject.argumentsSha256 });
    const hit = await cache.get(key);
    metrics.cacheLookup(hit !== undefined);
    if (hit !== undefined) return answer(subject, { ...hit, status: 'ok', truncated: false, cached: true });
    const fresh = await call();
    const { status, truncated, bytes } = fresh.outcome;
    if (status === 'ok' && !truncated) {
      const { content, structured, text } = fresh;
      void cache.set(key, { content, text, bytes, ...(structured === undefined ? {} : { structured }) }, ttlSeconds);
    }
    return fresh;
  }

  async #callServer(
    ctx: TenantContext,
    subject: Subject,
    tool: CataloguedTool,
    contract: ToolContract,
    args: Readonly<Record<string, unknown>>,
    scope: CallScope,
  ): Promise<ToolAnswer> {
    const { guard, pool } = this.parts;
    const connection = pool.get(tool.server);
    if (connection === undefined) throw new HoldfastError('INTERNAL', `There is no connection for ${tool.server}.`);
    const limitMs = tool.settings.timeoutMs ?? tool.serverSettings.timeoutMs;
    const traceparent = currentTraceparent() ?? ctx.traceparent;
    try {
      const guarded = await guard.run(ctx.tenantId, tool.server, tool.serverSettings, scope.signal, async () => {
        const timeoutMs = Math.min(limitMs, scope.deadline - performance.now() - ANSWER_RESERVE_MS);
        if (timeoutMs <= 0) throw new HoldfastError('DEADLINE_EXCEEDED', 'The call waited too long for its turn.');
        return connection.call(tool.tool, args, { timeoutMs, signal: scope.signal, ...(traceparent === undefined ? {} : { meta: { traceparent } }) });
      });
      if (guarded.open) return refuse(subject, circuitOpen(tool.server, guarded.retryAfterMs));
      const result = normaliseResult(guarded.value);
      const { isError, structured, ...rest } = result;
      const kept = isError || this.#keepsPromise(contract, structured) ? structured : undefined;
      return answer(subject, {
        ...rest,
        ...(kept === undefined ? {} : { structured: kept }),
        status: isError ? 'error' : 'ok',
        ...(isError ? { code: 'TOOL_FAILED' } : {}),
        cached: false,
      });
    } catch (error) {
      if (!isMcpCallError(error)) throw error;
      return answerFailure(error, subject);
    }
  }

  /** Structured content that breaks the server's own schema is not passed on: nobody could rely on it. The text stays. */
  #keepsPromise({ checkResult, definition: { server, tool } }: ToolContract, structured: unknown): boolean {
    const problems = structured === undefined ? undefined : checkResult?.(structured);
    if (problems === undefined) return true;
    this.parts.metrics.outputMismatch(server, tool);
    this.parts.log.warn({ server, tool, problems }, 'a structured result broke its schema and was left out');
    return false;
  }

  /** A server that was never connected: gives it a moment. A refusal when its circuit is open. @throws HoldfastError TOOL_UNAVAILABLE */
  async #awaitContract(ctx: TenantContext, tool: CataloguedTool, scope: CallScope): Promise<ToolContract | Refusal | undefined> {
    const { registry, guard, pool } = this.parts;
    if (registry.isKnown(tool.server)) return undefined;
    try {
      const waited = await guard.run(ctx.tenantId, tool.server, tool.serverSettings, scope.signal, async () => {
        await pool.get(tool.server)?.waitUntilReady(Math.min(CONNECT_WAIT_MS, scope.deadline - performance.now() - ANSWER_RESERVE_MS), scope.signal);
      });
      return waited.open ? circuitOpen(tool.server, waited.retryAfterMs) : registry.contract(tool);
    } catch (error) {
      if (!isMcpCallError(error)) throw error;
      if (error.code === 'CANCELLED') throw new HoldfastError('RUN_CANCELLED', 'The caller cancelled the call.', { cause: error });
      throw new HoldfastError('TOOL_UNAVAILABLE', `The tool server ${tool.server} is not available.`, { cause: error, retryAfterMs: 500 });
    }
  }

  /** The answer leaves only with its record, unless withholding it would make the caller repeat an effect that happened. */
  async #record(ctx: TenantContext, { runId, callId }: ToolCallInput, { outcome }: ToolAnswer, scope: CallScope): Promise<void> {
    const { recorder, log, metrics } = this.parts;
    const { status, code, server, tool, effect, duration_ms, bytes, arguments_sha256 } = outcome;
    const record = { run_id: runId, call_id: callId, server, tool, effect, status, duration_ms, bytes, arguments_sha256, ...(code === undefined ? {} : { code }) };
    if (status === 'refused' || mayBeRepeated(effect)) return recorder.record(ctx, record);
    try {
      // Begun in any case, also when the deadline leaves no time to wait for it.
      await recorder.recordEffect(ctx, record, Math.max(ANSWER_RESERVE_MS, scope.deadline - performance.now() - ANSWER_RESERVE_MS));
    } catch (error) {
      metrics.unrecorded();
      log.error({ err: error, server, tool, run_id: runId, call_id: callId, status }, 'an effect happened that could not be recorded');
    }
  }
}

function refuse(subject: Subject, { code, text }: Refusal): ToolAnswer {
  return textAnswer(subject, 'refused', code, text);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hashOf(args: unknown): string {
  let canonical: string | undefined;
  try {
    canonical = canonicalize(args);
  } catch {
    // Text that is no valid Unicode has no canonical form; its own JSON escapes are as good.
  }
  return createHash('sha256')
    .update(canonical ?? JSON.stringify(args) ?? 'null')
    .digest('hex');
}
