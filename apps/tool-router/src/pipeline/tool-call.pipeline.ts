import { createHash } from 'node:crypto';
import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { McpCallError, normaliseResult, type McpServerPool } from '@holdfast/mcp-adapters';
import type { LogSink } from '@holdfast/nest-kit';
import { currentTraceparent } from '@holdfast/nest-kit/tracing';
import type { TenantContext } from '@holdfast/tenant-context';
import canonicalize from 'canonicalize';
import { cacheKey, type ResultCache } from '../cache/result-cache';
import type { CataloguedTool, ToolContract, ToolRegistry } from '../catalogue/tool-registry';
import type { CallEnd } from '../ledger/call-end';
import { isOverdue } from '../ledger/call-flight';
import type { CallLedger } from '../ledger/call-ledger';
import type { ToolMetrics } from '../metrics/tool-metrics';
import { decide, type CompiledGrant } from '../permission/decide';
import type { UpstreamGuard } from '../upstream/upstream-guard';
import { endOfFailure, errorBeforeCall } from './call-failure';
import { circuitOpen, deniedArgument, invalidArguments, notPermitted, unknownTool, type Refusal } from './refusals';
import { ANSWER_RESERVE_MS, answer, textAnswer, type CallScope, type Subject, type ToolAnswer, type ToolCallInput } from './tool-answer';

/** What {@link ToolCallPipeline} is made of. */
export interface PipelineParts {
  readonly registry: ToolRegistry;
  readonly pool: Pick<McpServerPool, 'get'>;
  readonly grants: readonly CompiledGrant[];
  readonly guard: UpstreamGuard;
  readonly ledger: CallLedger;
  readonly cache: ResultCache | undefined;
  readonly metrics: ToolMetrics;
  readonly log: LogSink;
}

const CONNECT_WAIT_MS = 3_000;

/**
 * The way of one call: resolve → permit → ledger (claim) → check arguments → cache → bulkhead and breaker → call → bound → ledger (end).
 * What the model should read is an answer, what the caller should repeat or report is thrown. Arguments and result are parsed once each.
 */
export class ToolCallPipeline {
  constructor(private readonly parts: PipelineParts) {}

  /**
   * @throws HoldfastError of {@link CallLedger.once}; TOOL_UNAVAILABLE, TOOL_BUSY
   */
  async call(ctx: TenantContext, input: ToolCallInput, scope: CallScope): Promise<ToolAnswer> {
    const { metrics } = this.parts;
    try {
      const result = await this.#answer(ctx, input, scope, performance.now());
      // A replay was answered and measured before; the ledger counts it.
      if (!result.replayed) metrics.answered(result.outcome);
      return result;
    } catch (error) {
      metrics.failed(isHoldfastError(error) ? error.code : 'INTERNAL');
      throw error;
    }
  }

  async #answer(ctx: TenantContext, input: ToolCallInput, scope: CallScope, startedAt: number): Promise<ToolAnswer> {
    const { registry, grants, ledger } = this.parts;
    const key = { run_id: input.originRunId, call_id: input.callId };
    const tool = registry.resolve(input.name);
    const argumentsSha256 = hashOf(input.args);
    const isAllowed = tool !== undefined && decide(ctx, tool, grants).allowed;
    if (input.settleOnly && !isAllowed) throw new HoldfastError('NOT_FOUND', 'The tool of the call is not the caller’s to ask for.');
    if (!isAllowed) {
      const subject = { tool: tool ?? { server: 'none', tool: input.name, settings: { effect: 'read' as const } }, argumentsSha256, startedAt };
      const refusal = refuse(subject, tool === undefined ? unknownTool(input.name) : notPermitted(tool.name));
      await ledger.refuse(ctx, key, refusal.outcome);
      return refusal;
    }
    const subject: Subject = { tool, argumentsSha256, startedAt };
    const call = { ...key, server: tool.server, tool: tool.tool, effect: tool.settings.effect, arguments_sha256: argumentsSha256 };
    if (input.settleOnly) return ledger.settle(ctx, call, scope);
    // Before everything that may have changed since the first attempt: a finished call is finished, whatever its server offers by now.
    return ledger.once(ctx, call, scope, (flight) => this.#perform(ctx, subject, tool, input, flight));
  }

  /** One attempt at a claimed call. Whatever fails here failed before anything was sent. */
  async #perform(ctx: TenantContext, subject: Subject, tool: CataloguedTool, { args, problem }: ToolCallInput, scope: CallScope): Promise<CallEnd> {
    try {
      const contract = this.parts.registry.contract(tool) ?? (await this.#awaitContract(ctx, tool, scope));
      if (contract === undefined) return refused(subject, unknownTool(tool.name));
      if ('code' in contract) return refused(subject, contract);
      if (problem !== undefined || !isObject(args)) return refused(subject, invalidArguments(tool.name, [problem ?? 'the arguments: must be object']));
      const problems = contract.checkArguments(args);
      if (problems !== undefined) return refused(subject, invalidArguments(tool.name, problems));
      const denied = deniedArgument(args, tool.serverSettings.denyArguments);
      if (denied !== undefined) return refused(subject, denied);
      return await this.#cachedOr(ctx, subject, tool, contract, () => this.#callServer(ctx, subject, tool, contract, args, scope));
    } catch (error) {
      return { kind: 'released', error: errorBeforeCall(error, tool.server) };
    }
  }

  async #cachedOr(ctx: TenantContext, subject: Subject, tool: CataloguedTool, contract: ToolContract, call: () => Promise<CallEnd>): Promise<CallEnd> {
    const { cache, metrics } = this.parts;
    const ttlSeconds = tool.settings.cache?.ttlSeconds;
    if (cache === undefined || ttlSeconds === undefined) return call();
    const key = cacheKey({ tenantId: ctx.tenantId, definitionHash: contract.definition.definitionHash, argumentsSha256: subject.argumentsSha256 });
    const hit = await cache.get(key);
    metrics.cacheLookup(hit !== undefined);
    if (hit !== undefined) return { kind: 'finished', answer: answer(subject, { ...hit, status: 'ok', truncated: false, cached: true }) };
    const end = await call();
    if (end.kind === 'finished' && end.answer.outcome.status === 'ok' && !end.answer.outcome.truncated) {
      const { content, structured, text, outcome } = end.answer;
      void cache.set(key, { content, text, bytes: outcome.bytes, ...(structured === undefined ? {} : { structured }) }, ttlSeconds);
    }
    return end;
  }

  /** @throws what failed before the call was sent */
  async #callServer(
    ctx: TenantContext,
    subject: Subject,
    tool: CataloguedTool,
    contract: ToolContract,
    args: Readonly<Record<string, unknown>>,
    scope: CallScope,
  ): Promise<CallEnd> {
    const { guard, pool, ledger } = this.parts;
    const connection = pool.get(tool.server);
    if (connection === undefined) throw new HoldfastError('INTERNAL', `There is no connection for ${tool.server}.`);
    const timeoutMs = tool.settings.timeoutMs ?? tool.serverSettings.timeoutMs;
    const traceparent = currentTraceparent() ?? ctx.traceparent;
    const leftMs = (): number => scope.deadline - performance.now() - ANSWER_RESERVE_MS;
    let isSent = false;
    try {
      const guarded = await guard.run(ctx.tenantId, tool.server, tool.serverSettings, scope.signal, async () => {
        await connection.waitUntilReady(Math.min(CONNECT_WAIT_MS, leftMs()), scope.signal);
        if (leftMs() <= 0) throw new HoldfastError('DEADLINE_EXCEEDED', 'The call waited too long for its turn.');
        ledger.assertMayCall();
        isSent = true;
        // The callers' deadlines end it by the signal: others may come with later ones.
        return connection.call(tool.tool, args, { timeoutMs, signal: scope.signal, ...(traceparent === undefined ? {} : { meta: { traceparent } }) });
      });
      if (guarded.open) return refused(subject, circuitOpen(tool.server, guarded.retryAfterMs));
      return { kind: 'finished', answer: this.#read(guarded.value, subject, contract) };
    } catch (error) {
      if (!isSent) throw error;
      return endOfFailure(isOverdue(scope.signal) ? new McpCallError('TIMEOUT', 'The callers’ deadlines have passed.', { cause: error }) : error, subject);
    }
  }

  #read(raw: unknown, subject: Subject, contract: ToolContract): ToolAnswer {
    const { isError, structured, ...rest } = normaliseResult(raw);
    const kept = isError || this.#keepsPromise(contract, structured) ? structured : undefined;
    return answer(subject, {
      ...rest,
      ...(kept === undefined ? {} : { structured: kept }),
      status: isError ? 'error' : 'ok',
      ...(isError ? { code: 'TOOL_FAILED' } : {}),
      cached: false,
    });
  }

  /** Structured content that breaks the server's own schema is not passed on: nobody could rely on it. The text stays. */
  #keepsPromise({ checkResult, definition: { server, tool } }: ToolContract, structured: unknown): boolean {
    const problems = structured === undefined ? undefined : checkResult?.(structured);
    if (problems === undefined) return true;
    this.parts.metrics.outputMismatch(server, tool);
    this.parts.log.warn({ server, tool, problems }, 'a structured result broke its schema and was left out');
    return false;
  }

  /** A server that was never connected: gives it a moment. A refusal when its circuit is open. @throws McpCallError, HoldfastError TOOL_BUSY */
  async #awaitContract(ctx: TenantContext, tool: CataloguedTool, scope: CallScope): Promise<ToolContract | Refusal | undefined> {
    const { registry, guard, pool } = this.parts;
    if (registry.isKnown(tool.server)) return undefined;
    const waited = await guard.run(ctx.tenantId, tool.server, tool.serverSettings, scope.signal, async () => {
      await pool.get(tool.server)?.waitUntilReady(Math.min(CONNECT_WAIT_MS, scope.deadline - performance.now() - ANSWER_RESERVE_MS), scope.signal);
    });
    return waited.open ? circuitOpen(tool.server, waited.retryAfterMs) : registry.contract(tool);
  }
}

function refuse(subject: Subject, { code, text }: Refusal): ToolAnswer {
  return textAnswer(subject, 'refused', code, text);
}

function refused(subject: Subject, refusal: Refusal): CallEnd {
  return { kind: 'refused', answer: refuse(subject, refusal) };
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
