import type { TenantContext } from '@holdfast/tenant-context';
import { MAX_ARGUMENTS_LENGTH, MAX_TOOL_NAME_LENGTH, TOOL_ROUTER } from './proto';
import { RpcChannel, type CallControl, type RpcChannelOptions } from './rpc-channel';
import type { ToolCall, ToolCallResult, ToolList } from './tool-messages';
import { parseCallReply, parseListReply, parseSettleReply } from './wire-parsing';

/** Options of one {@link ToolRouterClient.callTool}. */
export interface ToolCallControl extends CallControl {
  /** Brings content blocks and structured content too. They repeat what the text says, so by default they stay in the router. */
  readonly withContent?: boolean;
}

/**
 * Client of the tool router, usable without Nest; see {@link RpcChannel}. A call while the router is away fails
 * at once, so that the caller's own retries (Temporal) decide.
 *
 * Every method throws HoldfastError: TOOL_ROUTER_UNAVAILABLE (not reached or lost on the way; retryable), DEADLINE_EXCEEDED,
 * the router's own codes (DEPENDENCY_UNAVAILABLE, TOOL_UNAVAILABLE, TOOL_BUSY, TOOL_CALL_IN_FLIGHT: retryable; UNAUTHENTICATED,
 * INVALID_ARGUMENT, CALL_CONFLICT: not), or the signal's reason when the signal ended the call.
 */
export class ToolRouterClient {
  readonly #channel: RpcChannel;

  constructor(options: RpcChannelOptions) {
    this.#channel = new RpcChannel(TOOL_ROUTER, options);
  }

  /** Tools that the tenant may use; `include` holds model-facing names in which `*` stands for any characters. */
  async listTools(ctx: TenantContext, include: readonly string[] = [], control: CallControl = {}): Promise<ToolList> {
    return parseListReply(await this.#channel.unary(ctx, 'ListTools', { include: [...include] }, control));
  }

  /**
   * Calls one tool. Tool errors and refusals are results. With `settleOnly` by a method that calls nothing, not even on a router of an older build: that one
   * does not have it, which counts as TOOL_ROUTER_UNAVAILABLE.
   */
  async callTool(ctx: TenantContext, call: ToolCall, control: ToolCallControl = {}): Promise<ToolCallResult> {
    const { runId, threadId, callId, originRunId = '', settleOnly = false } = call;
    const { withContent = false } = control;
    // Name and arguments are a model's, of any length: one character too many is enough for the router to refuse them in words, and
    // the whole might not fit into a message.
    const name = call.name.slice(0, MAX_TOOL_NAME_LENGTH + 1);
    const argumentsJson = JSON.stringify(call.args).slice(0, MAX_ARGUMENTS_LENGTH + 1);
    const request = { runId, threadId, callId, originRunId, name, argumentsJson, withContent, settleOnly };
    if (!settleOnly) return parseCallReply(await this.#channel.unary(ctx, 'CallTool', request, control));
    return parseSettleReply(await this.#channel.unary(ctx, 'SettleCall', { call: request }, control));
  }

  /** Resolves once connected. @throws HoldfastError TOOL_ROUTER_UNAVAILABLE when that takes longer. */
  waitForReady(timeoutMs: number): Promise<void> {
    return this.#channel.waitForReady(timeoutMs);
  }

  /** Ends the channel; calls under way fail. */
  close(): void {
    this.#channel.close();
  }
}
